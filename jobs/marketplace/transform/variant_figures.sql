-- What the variants say of their product: stock, how many run low, the price of the cheapest.
SELECT product_id,
       sum(stock_quantity) AS stock,
       count(*) FILTER (WHERE stock_quantity <= 10) AS low,
       (array_agg(price ORDER BY price, id))[1] AS price,
       (array_agg(discounted_price ORDER BY price, id))[1] AS discounted_price
FROM product_variants
GROUP BY product_id

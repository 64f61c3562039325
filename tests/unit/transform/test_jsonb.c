/* Functions of json against PostgreSQL 15: the expectations below are the server's own
 * answers. */
#include "tests/unit/transform/expr_check.h"

static const struct expr_case json_cases[] = {
    {"'{\"a\":1,\"b\":[1,2,{\"c\":null}]}'::jsonb @> '{\"a\":1.0}'", "boolean", "t", NULL},
    {"'[1,2,[3,4]]'::jsonb @> '[[3]]'", "boolean", "t", NULL},
    {"'[1,2]'::jsonb @> '1'", "boolean", "t", NULL},
    {"'1'::jsonb @> '[1]'", "boolean", "f", NULL},
    {"'1'::jsonb @> '1'", "boolean", "t", NULL},
    {"'[]'::jsonb @> '[]'", "boolean", "t", NULL},
    {"'{}'::jsonb @> '[]'", "boolean", "f", NULL},
    {"'{\"a\":{\"b\":1,\"c\":2}}'::jsonb @> '{\"a\":{}}'", "boolean", "t", NULL},
    {"'{\"a\":[1,2,3]}'::jsonb @> '{\"a\":[3,1,1]}'", "boolean", "t", NULL},
    {"'{\"a\":1}'::jsonb <@ '{\"a\":1,\"b\":2}'", "boolean", "t", NULL},
    {"jsonb_set('{\"a\":1,\"b\":[1,2]}','{a}','5')", "jsonb", "{\"a\": 5, \"b\": [1, 2]}", NULL},
    {"jsonb_set('{\"a\":1,\"b\":[1,2]}','{z}','5')", "jsonb", "{\"a\": 1, \"b\": [1, 2], \"z\": 5}", NULL},
    {"jsonb_set('{\"a\":1,\"b\":[1,2]}','{z}','5',false)", "jsonb", "{\"a\": 1, \"b\": [1, 2]}", NULL},
    {"jsonb_set('{\"a\":1,\"b\":[1,2]}','{b,5}','9')", "jsonb", "{\"a\": 1, \"b\": [1, 2, 9]}", NULL},
    {"jsonb_set('{\"a\":1,\"b\":[1,2]}','{b,-5}','9')", "jsonb", "{\"a\": 1, \"b\": [9, 1, 2]}", NULL},
    {"jsonb_set('{\"a\":1,\"b\":[1,2]}','{b,-1}','9')", "jsonb", "{\"a\": 1, \"b\": [1, 9]}", NULL},
    {"jsonb_set('{\"a\":1,\"b\":[1,2]}','{b,1}','{\"x\": 1}',false)", "jsonb",
     "{\"a\": 1, \"b\": [1, {\"x\": 1}]}", NULL},
    {"jsonb_set('{\"a\":1,\"b\":[1,2]}','{q,r}','9')", "jsonb", "{\"a\": 1, \"b\": [1, 2]}", NULL},
    {"jsonb_set('{\"a\":1}','{a,b}','9')", "jsonb", "{\"a\": 1}", NULL},
    {"jsonb_set('{\"a\":1}',array[null],'9')", NULL, NULL, "22004"},
    {"jsonb_set('1','{a}','9')", NULL, NULL, "22023"},
    {"jsonb_set('[]','{0}','9')", "jsonb", "[9]", NULL},
    {"jsonb_set('{}','{}','9')", "jsonb", "{}", NULL},
    {"jsonb_insert('{\"a\":[0,1,2]}','{a,1}','\"n\"')", "jsonb", "{\"a\": [0, \"n\", 1, 2]}", NULL},
    {"jsonb_insert('{\"a\":[0,1,2]}','{a,1}','\"n\"',true)", "jsonb", "{\"a\": [0, 1, \"n\", 2]}", NULL},
    {"jsonb_insert('{\"a\":[0,1,2]}','{a}','\"n\"')", NULL, NULL, "22023"},
    {"jsonb_insert('{\"a\":[0,1,2]}','{b}','\"n\"')", "jsonb", "{\"a\": [0, 1, 2], \"b\": \"n\"}", NULL},
    {"jsonb_insert('{\"a\":[0,1,2]}','{a,-10}','\"n\"')", "jsonb", "{\"a\": [\"n\", 0, 1, 2]}", NULL},
    {"jsonb_insert('{\"a\":[0,1,2]}','{a,10}','\"n\"')", "jsonb", "{\"a\": [0, 1, 2, \"n\"]}", NULL},
    {"jsonb_pretty('{\"a\":[],\"b\":{}}')", "text", "{\n    \"a\": [\n    ],\n    \"b\": {\n    }\n}", NULL},
    {"json_strip_nulls('{\"a\":null,\"b\":[null, {\"c\":null}], \"d\":\"x\\u00e9\"}')", "json",
     "{\"b\":[null,{}],\"d\":\"xé\"}", NULL},
    {"to_json(array[1,2,null])", "json", "[1,2,null]", NULL},
    {"to_json(array['a','b'])", "json", "[\"a\",\"b\"]", NULL},
    {"to_json(array[[1,2],[3,4]])", "json", "[[1,2],[3,4]]", NULL},
    {"array_to_json(array[1,2])", "json", "[1,2]", NULL},
    {"json_build_object('a')", NULL, NULL, "22023"},
    {"json_build_object(null,1)", NULL, NULL, "22023"},
    {"json_build_object()", "json", "{}", NULL},
    {"json_build_array()", "json", "[]", NULL},
    {"jsonb_build_object(null,1)", NULL, NULL, "22023"},
    {"case when false then jsonb_build_object(null,1) end", "jsonb", NULL, NULL},
    {"json_object('{a,1,b,2}')", "json", "{\"a\" : \"1\", \"b\" : \"2\"}", NULL},
    {"json_object('{{a,1},{b,null}}')", "json", "{\"a\" : \"1\", \"b\" : null}", NULL},
    {"json_object('{a,b}','{1,2}')", "json", "{\"a\" : \"1\", \"b\" : \"2\"}", NULL},
    {"json_object('{a,b,c}')", NULL, NULL, "2202E"},
    {"jsonb_object('{b,1,a,2}')", "jsonb", "{\"a\": \"2\", \"b\": \"1\"}", NULL},
};

static void json_is_postgresqls(void **state)
{
    (void)state;
    CHECK_TABLE(json_cases);
}

/* As deep as jsonb may be: what goes down level by level must not run out of stack. */
static void the_deepest_contains_itself(void **state)
{
    (void)state;
    struct expr_case deep = {"(repeat('[', 5999) || repeat(']', 5999))::jsonb @> (repeat('[', 5999) || "
                             "repeat(']', 5999))::jsonb",
                             "boolean", "t", NULL};
    check_table(&deep, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_is_postgresqls),
        cmocka_unit_test(the_deepest_contains_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

-- MyHub as it stands in production; its timestamps are UTC without a zone.
CREATE TABLE users (id bigint PRIMARY KEY, name text, email text, image text, username text, uid text, created_at timestamp NOT NULL, updated_at timestamp NOT NULL);
CREATE TABLE posts (id bigint PRIMARY KEY, post_id text, hash_id text, source text, metadata json, filename text, created_at timestamp NOT NULL, updated_at timestamp NOT NULL);
CREATE TABLE likes (id bigint PRIMARY KEY, user_id bigint NOT NULL REFERENCES users, post_id bigint NOT NULL REFERENCES posts, created_at timestamp NOT NULL, updated_at timestamp NOT NULL);

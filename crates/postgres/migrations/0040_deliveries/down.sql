SET LOCAL lock_timeout = '5s';
DROP TABLE deliveries;
DROP TABLE news;

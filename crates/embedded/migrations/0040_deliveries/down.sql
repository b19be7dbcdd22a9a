DROP TABLE deliveries;
DROP TABLE news;

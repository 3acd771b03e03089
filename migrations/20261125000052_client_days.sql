-- Which clients were logged in on which day (UTC): one row per client and day, so that counting
-- them needs no log of logins. Only today's rows are ever read.

CREATE TABLE client_days (
    day       date NOT NULL,
    client_id text COLLATE "C" NOT NULL,
    PRIMARY KEY (day, client_id)
);

-- What each processor takes, by which whoever only looks can count what waits for it.
create table zaakstroom.processors (
  name  text primary key,
  takes text[] not null
);

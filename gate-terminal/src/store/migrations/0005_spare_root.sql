-- The other root, by whose word the first may be replaced.
alter table post add column spare blob;

-- The least that the next key set must be: it outlives the set itself, so that an old one, replayed, brings nothing back.
alter table post add column key_floor text;

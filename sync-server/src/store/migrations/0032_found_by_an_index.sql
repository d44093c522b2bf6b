-- With each part of a snapshot the hashes of all are told. They are found here, and not behind the bodies in their rows.
create index snapshot_hash on snapshot_part (campus, epoch, seq, part, hash);
-- What a pass did is walked through terminal by terminal with each entry of it; in this order nothing is left to be sorted.
drop index entry_by_pass;
create index entry_by_pass on entry (pass, terminal, seq) where pass is not null;

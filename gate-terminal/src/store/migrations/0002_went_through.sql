-- Who went through, apart from all who were turned away: what a restart has to know of is then read at once, however many codes
-- a stranger held up meanwhile.
create index entry_went_through on entry (seq) where body ->> '$.outcome.kind' in ('passed', 'let_in');

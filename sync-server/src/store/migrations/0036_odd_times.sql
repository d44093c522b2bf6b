-- Entries that no day shows by what they claim: of no time, of one that had not come yet, or of one a month before they came.
create index entry_odd on entry (received_at)
    where at is null or at > received_at + 600000 or at < received_at - 2678400000;

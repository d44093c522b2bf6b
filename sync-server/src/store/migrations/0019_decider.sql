-- What somebody approved and may still take back.
create index booking_by_decider on booking (decided_number, day);

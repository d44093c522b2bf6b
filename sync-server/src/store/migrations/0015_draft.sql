-- A booking form that was begun, one for each phone and kind of form; forgotten after a week.
create table draft (
    phone     text not null,
    on_behalf integer not null,
    form_id   text not null,
    sealed    blob not null,
    kept_at   integer not null,
    primary key (phone, on_behalf)
) strict, without rowid;
create index draft_by_age on draft (kept_at);

-- What these hold was written as another form: they live for half an hour and are let go.
delete from unsent_form;

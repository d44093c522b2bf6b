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

-- What these held was written as another form, and they live for half an hour: they are let go.
drop table unsent_form;
create table unsent_form (
    browser   blob not null,           -- SHA-256 of the secret in its cookie
    form_id   text not null,
    kind      text not null,           -- what it was to become
    phone     text,                    -- whose it is; null until the browser signs in
    sealed    blob not null,
    kept_at   integer not null,
    primary key (browser, form_id, kind)
) strict, without rowid;
create index unsent_form_by_age on unsent_form (kept_at);

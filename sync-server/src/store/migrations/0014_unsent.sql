-- Booking forms that arrived after their sign-in had ended, for as long as it takes to sign in again.
create table unsent_form (
    browser   blob not null,           -- SHA-256 of the secret in its cookie
    form_id   text not null,
    on_behalf integer not null,
    phone     text,                    -- whose it is; null until the browser signs in
    sealed    blob not null,
    kept_at   integer not null,
    primary key (browser, form_id, on_behalf)
) strict, without rowid;
create index unsent_form_by_age on unsent_form (kept_at);

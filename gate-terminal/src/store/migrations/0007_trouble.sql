-- What an officer must hear of this store, until it is over.
create table trouble (
    what text primary key,
    says text not null
) strict;

//! The tables, as diesel sees them; `migrations/` says what they are for.

diesel::table! {
    meta (name) {
        name -> Text,
        value -> Text,
    }
}

diesel::table! {
    catalogues (tenant) {
        tenant -> Uuid,
        revision -> BigInt,
        document -> Text,
    }
}

diesel::table! {
    records (tenant, kind, name) {
        tenant -> Uuid,
        kind -> Text,
        name -> Text,
        revision -> BigInt,
        document -> Text,
    }
}

diesel::table! {
    audit (tenant, id) {
        tenant -> Uuid,
        id -> Uuid,
        at -> Timestamptz,
        who -> Text,
        what -> Text,
        target -> Nullable<Text>,
        outcome -> Text,
        code -> Nullable<Integer>,
        note -> Nullable<Text>,
        correlation -> Uuid,
        address -> Nullable<Text>,
    }
}

diesel::table! {
    callbacks (tenant, id) {
        tenant -> Uuid,
        id -> Uuid,
        service -> Text,
        queue -> Text,
        phone -> Text,
        kind -> SmallInt,
        state -> SmallInt,
        reason -> Nullable<Text>,
        desired_at -> Timestamptz,
        created_at -> Timestamptz,
        slot -> Nullable<Timestamptz>,
        document -> Text,
        completed_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    events (tenant, callback, revision) {
        tenant -> Uuid,
        callback -> Uuid,
        revision -> BigInt,
        document -> Text,
    }
}

diesel::table! {
    slots (tenant, service, start) {
        tenant -> Uuid,
        service -> Text,
        start -> Timestamptz,
        taken -> Integer,
        ceiling -> Integer,
    }
}

diesel::table! {
    keys (tenant, key) {
        tenant -> Uuid,
        key -> Text,
        fingerprint -> Binary,
        callback -> Uuid,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    call_ins (tenant, id) {
        tenant -> Uuid,
        id -> Uuid,
        pool -> Text,
        caller -> Nullable<Text>,
        created_at -> Timestamptz,
        expires_at -> Timestamptz,
        matched_at -> Nullable<Timestamptz>,
        document -> Text,
    }
}

diesel::allow_tables_to_appear_in_same_query!(keys, callbacks);

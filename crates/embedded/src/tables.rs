//! The tables as the typed queries see them; the migrations say what they are for.

diesel::table! {
    callbacks (tenant, id) {
        tenant -> Binary,
        id -> Binary,
        service -> Text,
        queue -> Text,
        phone -> Text,
        kind -> Text,
        state -> Text,
        reason -> Nullable<Text>,
        desired_at -> BigInt,
        created_at -> BigInt,
        completed_at -> Nullable<BigInt>,
        slot_start -> Nullable<BigInt>,
        document -> Text,
    }
}

diesel::table! {
    events (tenant, callback, revision) {
        tenant -> Binary,
        callback -> Binary,
        revision -> BigInt,
        document -> Text,
        at -> Nullable<BigInt>,
    }
}

diesel::table! {
    outbox (tenant, callback, ordinal) {
        tenant -> Binary,
        callback -> Binary,
        ordinal -> BigInt,
        due_at -> BigInt,
        lane -> BigInt,
        effect -> Text,
        tries -> BigInt,
        lease -> Nullable<BigInt>,
        lease_owner -> Nullable<Text>,
        lease_until -> Nullable<BigInt>,
    }
}

diesel::table! {
    slots (tenant, service, start) {
        tenant -> Binary,
        service -> Text,
        start -> BigInt,
        taken -> BigInt,
        ceiling -> BigInt,
    }
}

diesel::table! {
    keys (tenant, key) {
        tenant -> Binary,
        key -> Text,
        fingerprint -> Binary,
        callback -> Binary,
        created_at -> BigInt,
    }
}

diesel::table! {
    catalogues (tenant) {
        tenant -> Binary,
        revision -> BigInt,
        document -> Text,
    }
}

diesel::table! {
    records (tenant, kind, name) {
        tenant -> Binary,
        kind -> Text,
        name -> Text,
        revision -> BigInt,
        document -> Text,
    }
}

diesel::table! {
    audit (tenant, id) {
        tenant -> Binary,
        at -> BigInt,
        id -> Binary,
        who -> Text,
        what -> Text,
        target -> Nullable<Text>,
        outcome -> Text,
        code -> Nullable<BigInt>,
        note -> Nullable<Text>,
        correlation -> Binary,
        address -> Nullable<Text>,
    }
}

diesel::table! {
    call_ins (tenant, id) {
        tenant -> Binary,
        id -> Binary,
        pool -> Text,
        number -> Text,
        code -> Nullable<BigInt>,
        exclusive -> BigInt,
        caller -> Nullable<Text>,
        callback -> Nullable<Binary>,
        created_at -> BigInt,
        expires_at -> BigInt,
        matched_at -> Nullable<BigInt>,
        key -> Nullable<Text>,
        fingerprint -> Nullable<Binary>,
        document -> Text,
    }
}

diesel::table! {
    leases (one) {
        one -> BigInt,
        last -> BigInt,
    }
}

diesel::allow_tables_to_appear_in_same_query!(callbacks, keys, outbox);

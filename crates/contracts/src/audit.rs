//! What `Audit` promises: nothing is lost, nothing is told twice, and what is old goes first.

use ges_domain::id::RecordId;
use ges_domain::time::Window;
use ges_ports::{AuditEntry, AuditFilter, AuditOutcome};
use uuid::Uuid;

use crate::World;
use crate::given::{after, after_secs, tenant};

/// Tests every promise of `Audit` on the worlds that `fresh` makes.
#[macro_export]
macro_rules! audit {
    ($fresh:ident) => {
        mod audit {
            use super::$fresh;

            $crate::promises! { $fresh, audit, [
                an_entry_is_read_as_it_was_written,
                an_entry_is_added_once,
                a_log_is_read_newest_first_in_pages_that_neither_skip_nor_repeat,
                a_filter_finds_what_it_says_and_nothing_else,
                a_log_is_its_tenants_own,
                the_oldest_entries_are_purged_first,
            ] }
        }
    };
}

fn entry(number: u32) -> AuditEntry {
    AuditEntry {
        id: RecordId::new(Uuid::from_u128(
            0x0195_5540_0000_7000_8000_0000_0000_0000 + u128::from(number),
        )),
        tenant: tenant(1),
        at: after_secs(number.into()),
        who: String::from("sue"),
        what: String::from("callback.cancel"),
        on: None,
        outcome: AuditOutcome::Done,
        code: None,
        note: None,
        correlation: Uuid::from_u128(number.into()),
        address: None,
    }
}

async fn append(world: &World, entry: &AuditEntry) {
    world.audit.append(entry).await.expect("the store answers");
}

fn all() -> AuditFilter {
    AuditFilter { limit: 1000, ..AuditFilter::default() }
}

async fn page(world: &World, number: u32, filter: &AuditFilter) -> Vec<AuditEntry> {
    world.audit.page(tenant(number), filter).await.expect("the store answers").entries
}

/// Every field, said and unsaid.
pub async fn an_entry_is_read_as_it_was_written(world: World) {
    let bare = entry(1);
    let full = AuditEntry {
        who: String::from("„Jürgen“ 😀"),
        what: String::from("webhook.rotate"),
        on: Some(String::from("a/b")),
        outcome: AuditOutcome::Refused,
        code: Some(40_300),
        note: Some(String::from("'; DROP TABLE audit; --")),
        address: Some(String::from("2001:db8::1")),
        ..entry(2)
    };
    let failed = AuditEntry { outcome: AuditOutcome::Failed, code: Some(50_000), ..entry(3) };
    for one in [&bare, &full, &failed] {
        append(&world, one).await;
    }
    assert_eq!(page(&world, 1, &all()).await, [failed, full, bare]);
}

/// Whoever sends it again after a fault adds nothing.
pub async fn an_entry_is_added_once(world: World) {
    let one = entry(1);
    append(&world, &one).await;
    append(&world, &AuditEntry { note: Some(String::from("again")), ..one.clone() }).await;
    assert_eq!(page(&world, 1, &all()).await, [one]);
}

/// Also where several happened at one instant.
pub async fn a_log_is_read_newest_first_in_pages_that_neither_skip_nor_repeat(world: World) {
    for number in 0..10 {
        append(&world, &AuditEntry { at: after_secs((number / 4).into()), ..entry(number) }).await;
    }
    for limit in [1, 3, 5, 10, 11] {
        let (mut read, mut cursor) = (Vec::new(), None);
        loop {
            let filter = AuditFilter { after: cursor, limit, ..AuditFilter::default() };
            let page = world.audit.page(tenant(1), &filter).await.expect("the store answers");
            assert!(page.entries.len() <= usize::from(limit));
            read.extend(page.entries.iter().map(|entry| entry.correlation.as_u128()));
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(read, (0..10).rev().collect::<Vec<_>>(), "by {limit}");
    }
}

/// Each field by itself, and all together.
pub async fn a_filter_finds_what_it_says_and_nothing_else(world: World) {
    let what = |number, what: &str| AuditEntry { what: what.to_owned(), ..entry(number) };
    let entries = [
        what(1, "callback"),
        what(2, "callback.cancel"),
        what(3, "callbacks.other"),
        what(4, "callback_cancel"),
        AuditEntry { who: String::from("Sue"), ..entry(5) },
        AuditEntry { outcome: AuditOutcome::Refused, ..entry(6) },
    ];
    for one in &entries {
        append(&world, one).await;
    }
    let found = async |filter: AuditFilter| -> Vec<u128> {
        let entries = page(&world, 1, &filter).await;
        entries.iter().map(|entry| entry.correlation.as_u128()).collect()
    };
    let text = |text: &str| Some(text.to_owned());
    assert_eq!(found(AuditFilter { what: text("callback"), ..all() }).await, [6, 5, 2, 1]);
    assert_eq!(found(AuditFilter { what: text("callback_cancel"), ..all() }).await, [4]);
    assert_eq!(found(AuditFilter { what: text("callback%"), ..all() }).await, [0_u128; 0]);
    assert_eq!(found(AuditFilter { who: text("Sue"), ..all() }).await, [5]);
    let refused = Some(AuditOutcome::Refused);
    assert_eq!(found(AuditFilter { outcome: refused, ..all() }).await, [6]);
    let window = Window::new(after_secs(2), after_secs(4)).ok();
    assert_eq!(found(AuditFilter { window, ..all() }).await, [3, 2]);
    let both = AuditFilter { window, what: text("callback"), who: text("sue"), ..all() };
    assert_eq!(found(both).await, [2]);
}

/// The same entry may even bear the same id.
pub async fn a_log_is_its_tenants_own(world: World) {
    let mine = entry(1);
    let theirs = AuditEntry { tenant: tenant(2), who: String::from("theirs"), ..entry(1) };
    append(&world, &mine).await;
    append(&world, &theirs).await;
    assert_eq!(page(&world, 1, &all()).await, [mine]);
    assert_eq!(page(&world, 2, &all()).await, [theirs]);
}

/// In bounded steps, of all tenants, and never a younger one.
pub async fn the_oldest_entries_are_purged_first(world: World) {
    for number in 0..6 {
        let owner = tenant(1 + number % 2);
        append(&world, &AuditEntry { tenant: owner, ..entry(number) }).await;
    }
    let purge = async |limit| world.audit.purge(after_secs(5), limit).await.ok();
    assert_eq!(purge(2).await, Some(2));
    let left = page(&world, 1, &all()).await.len() + page(&world, 2, &all()).await.len();
    assert_eq!(left, 4);
    assert_eq!(page(&world, 1, &all()).await.last().map(|it| it.at), Some(after_secs(2)));
    assert_eq!(purge(100).await, Some(3));
    assert_eq!(purge(100).await, Some(0));
    assert_eq!(page(&world, 2, &all()).await.len(), 1, "what is not old stays");
    assert_eq!(world.audit.purge(after(1), 100).await.ok(), Some(1));
}

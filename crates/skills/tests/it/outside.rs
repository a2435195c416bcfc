//! What other crates can see of a person is what `disclose` gives them.
//!
//! The constants stop compiling where more can be seen; of fields the examples in `src/lib.rs` say the same.

use std::fs;

use serde::Serialize;
use trueline_facts::skill::{Ability, Cell, Language, WeaknessClass};
use trueline_skills::attempts::Reading;
use trueline_skills::decisions::Decisions;
use trueline_skills::disclose::{Own, Refused, own, reasons, shared};
use trueline_skills::evidence::Row;
use trueline_skills::model::Skill;
use trueline_skills::practise::Wanted;
use trueline_skills::profile::Profile;
use trueline_skills::store::Store;
use trueline_skills::subject::Principal;

/// Compiles only while a type is not `Serialize`: with it, the call below would be ambiguous.
macro_rules! never_serialised {
    ($($type:ty),+) => {$(
        const _: fn() = || {
            trait Ambiguous<A> { fn it() {} }
            impl<T: ?Sized> Ambiguous<()> for T {}
            struct Serialised;
            impl<T: ?Sized + Serialize> Ambiguous<Serialised> for T {}
            <$type as Ambiguous<_>>::it();
        };
    )+};
}

never_serialised!(Profile, Skill, Row, Reading, Decisions);

/// What is called where the type has nothing of that name that can be seen here.
struct Hidden;

/// Compiles only while a type has no function of that name that can be seen here: one would come before the trait's, and
/// gives no [`Hidden`].
macro_rules! never_seen {
    ($($type:ty: $($name:ident),+;)+) => {$($(
        const _: fn(&$type) -> Hidden = |it| {
            #[expect(clippy::allow_attributes, reason = "only some of the names are spelt like conversions")]
            #[allow(clippy::wrong_self_convention, reason = "the names are those of the type")]
            trait Outside { fn $name(&self) -> Hidden { Hidden } }
            impl Outside for $type {}
            <$type>::$name(it)
        };
    )+)+};
}

never_seen! {
    Profile: belief, overall, cells, expected, into_parts, resume, replay, up_to;
    Skill: cell, overall, of, parts, observe, advance, from_parts;
    Principal: named;
    Reading: rows, said, tries, records, disputed;
}

const CELL: Cell = Cell {
    ability: Ability::Unaided,
    language: Language::Python,
    class: WeaknessClass::Injection,
};

fn practised(folder: &tempfile::TempDir) -> Store {
    let store = Store::at(folder.path().to_owned());
    let lines: Vec<String> = (0..30)
        .map(|n| {
            serde_json::json!({
                "schema": "trueline.attempt/1", "id": format!("{n:02}"), "day": "2026-05-01",
                "kind": "attempt", "scenario": format!("exercise-{n}"), "version": 1,
                "language": "python", "class": "injection", "cwe": [89],
                "outcome": if n % 4 == 0 { "exploited" } else { "fixed" }, "hints": 0,
                "attempt_number": 1, "aid": "unaided", "seed": 7, "sure": null,
                "revealed": false, "difficulty": 0.0, "practice": false
            })
            .to_string()
        })
        .collect();
    fs::create_dir_all(folder.path().join("learn")).unwrap();
    fs::write(store.attempts_file(), lines.join("\n")).unwrap();
    store
}

#[test]
fn the_owner_sees_all_of_it_and_who_was_shared_with_one_cell() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = practised(&folder);
    let day = "2026-06-01".parse().unwrap();
    let until = "2026-06-30".parse().unwrap();
    // Nor is who calls themselves as the owner is shown.
    for name in ["ana", "self"] {
        store.share(day, CELL, name, until).unwrap();
    }
    let (reading, decisions) = store.read().unwrap();
    let mine = Own {
        reading: &reading,
        decisions: &decisions,
        day,
    };
    let profile = mine.profile();
    let me = Principal::local_owner();
    let report = own(&mine, &profile, &me, &Wanted::default()).unwrap();
    assert_eq!(report.evidence.counted, 30);
    for share in decisions.shares() {
        assert_eq!(
            own(&mine, &profile, &share.with, &Wanted::default()),
            Err(Refused::NotTheOwner)
        );
        assert_eq!(
            reasons(&mine, &profile, &share.with, CELL),
            Err(Refused::NotTheOwner)
        );
        let document = shared(&profile, &decisions, &share.id, &mut store).unwrap();
        assert_eq!(
            (document.cell, document.with.as_str()),
            (CELL, share.with.as_str())
        );
        assert_eq!(document.standing, report.abilities[0].cells[0].standing);
    }
    let (_, decisions) = store.read().unwrap();
    assert_eq!(decisions.accesses().len(), 2);
}

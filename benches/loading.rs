//! How long it takes to load what is built in: the catalogue and the rules.
#![allow(clippy::expect_used)] // a bench may fail by panic

use prompt_lint::catalogue::Catalogue;
use prompt_lint::rule::RuleSet;

/// That of the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    divan::main();
}

/// What every run needs: the APIs, by which files are chosen.
#[divan::bench]
fn apis() -> Catalogue {
    Catalogue::default()
}

/// The rest of the catalogue, which is read when there is something to judge.
#[divan::bench]
fn whole_catalogue() -> usize {
    let catalogue = Catalogue::default();
    std::sync::LazyLock::force(&catalogue.names);
    std::sync::LazyLock::force(&catalogue.python);
    std::sync::LazyLock::force(&catalogue.javascript);
    catalogue.models.entries.len()
}

/// All rules that ship, ready to judge.
#[divan::bench]
fn rules() -> RuleSet {
    RuleSet::builtin().expect("the rules load")
}

//! Makes tables of what is built in, so that nothing is loaded when the program starts: the rules under `rules/` (a new rule is one new
//! YAML file and nothing else), the catalogue, the vocabularies of the tokenizers, and what kind of character each is.

use std::collections::HashMap;
use std::error::Error;
use std::path::{Path, PathBuf};

use databake::Bake;

#[path = "src/tokens/layout.rs"]
mod layout;
#[allow(dead_code)] // what the program asks of them, the build does not
#[path = "src/model"]
mod model {
    pub mod grade;
}
#[path = "src/catalogue"]
mod catalogue {
    pub mod tables;
}
#[allow(dead_code)] // as above
#[path = "src/rule"]
mod rule {
    pub mod written;
}

use catalogue::tables;
use rule::written::Written;

// Where the receiver of a call can't be followed the first API that fits counts.
const APIS: [&str; 12] =
    ["anthropic", "bedrock", "openai", "vercel", "compatible", "frameworks", "google", "http", "langchain", "litellm", "own", "files"];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=rules");
    let root = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR")?).join("rules");
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    world(&root.join("catalogue"), &out.join("catalogue"))?;
    let mut list = String::from("&[\n");
    // The catalogue holds facts of the world, not rules.
    let walk = walkdir::WalkDir::new(&root).sort_by_file_name().into_iter();
    for entry in walk.filter_entry(|entry| !(entry.depth() == 1 && entry.file_name() == "catalogue")) {
        let entry = entry?;
        let path = entry.path();
        if entry.file_type().is_file() && path.extension().is_some_and(|ending| ending == "yaml" || ending == "yml") {
            let name = path.strip_prefix(&root)?.to_string_lossy().replace('\\', "/");
            let written = read::<Written>(path)?.bake(&databake::CrateEnv::default());
            list.push_str(&format!("    ({name:?}, {written}, include_str!({:?})),\n", path.to_string_lossy()));
        }
    }
    list.push_str("]\n");
    std::fs::write(out.join("rules.rs"), list)?;
    let tables = out.join("tokens");
    std::fs::create_dir_all(&tables)?;
    classes(&tables)?;
    vocabulary(&tables, "o200k_base", "O200k", tiktoken_rs::o200k_base)?;
    vocabulary(&tables, "cl100k_base", "Cl100k", tiktoken_rs::cl100k_base)?;
    Ok(())
}

/// The files of the catalogue.
fn world(from: &Path, out: &Path) -> Result<(), Box<dyn Error>> {
    std::fs::create_dir_all(out)?;
    let mut apis: Vec<tables::Api> = Vec::new();
    for name in APIS {
        apis.extend(read::<Vec<tables::Api>>(&from.join("apis").join(name).with_extension("yaml"))?);
    }
    let listed = std::fs::read_dir(from.join("apis"))?.count();
    if listed != APIS.len() {
        return Err(format!("rules/catalogue/apis holds {listed} files, of which {} are listed here with their order", APIS.len()).into());
    }
    table(out, "apis", &apis.as_slice())?;
    table(out, "models", &read::<Vec<tables::models::Model>>(&from.join("models.yaml"))?.as_slice())?;
    table(out, "names", &read::<tables::NamesFile>(&from.join("names.yaml"))?)?;
    table(out, "python", &read::<tables::BuiltinsFile>(&from.join("builtins/python.yaml"))?)?;
    table(out, "javascript", &read::<tables::BuiltinsFile>(&from.join("builtins/javascript.yaml"))?)?;
    table(out, "wording", &read::<tables::WordingFile>(&from.join("wording.yaml"))?)?;
    table(out, "tokenizers", &read::<tables::TokenizersFile>(&from.join("tokenizers.yaml"))?)?;
    table(out, "formats", &read::<tables::formats::FormatsFile>(&from.join("formats.yaml"))?)
}

fn read<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T, Box<dyn Error>> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(serde_yaml::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))?)
}

/// Writes a value as Rust.
fn table(out: &Path, name: &str, value: &impl databake::Bake) -> Result<(), Box<dyn Error>> {
    let tokens = value.bake(&databake::CrateEnv::default());
    Ok(std::fs::write(out.join(name).with_extension("rs"), tokens.to_string())?)
}

/// The table of a vocabulary, as `Vocabulary` of the program holds it.
fn vocabulary<E>(out: &Path, name: &str, pattern: &str, load: fn() -> Result<tiktoken_rs::CoreBPE, E>) -> Result<(), Box<dyn Error>>
where
    Box<dyn Error>: From<E>,
{
    let rust = out.join(name).with_extension("rs");
    // The vocabulary of a released encoding never changes; reading it takes longer than all the rest.
    let made_by = concat!(include_str!("build.rs"), include_str!("src/tokens/layout.rs"));
    let stamp = out.join(name).with_extension("stamp");
    if rust.exists() && std::fs::read_to_string(&stamp).is_ok_and(|known| known == made_by) {
        return Ok(());
    }
    let encoding = load()?;
    let (mut bytes, mut ends, mut hashes, mut longest) = (Vec::new(), Vec::new(), Vec::new(), 0);
    while let Ok(token) = encoding.decode_bytes(&[hashes.len() as u32]) {
        bytes.extend_from_slice(&token);
        ends.extend_from_slice(&u32::try_from(bytes.len())?.to_le_bytes());
        hashes.push(layout::hash(&token));
        longest = longest.max(token.len());
    }
    if hashes.len() >= 1 << layout::RANK_BITS {
        return Err(format!("{name}: {} tokens do not fit the entries of a table", hashes.len()).into());
    }
    let mut slots = vec![0u32; (hashes.len() * 4 / 3).next_power_of_two()];
    let last = slots.len() - 1;
    for (rank, hash) in hashes.iter().enumerate() {
        let mut at = *hash as usize & last;
        while slots[at] != 0 {
            at = (at + 1) & last;
        }
        slots[at] = layout::entry(*hash, rank as u32);
    }
    let slots: Vec<u8> = slots.iter().flat_map(|entry| entry.to_le_bytes()).collect();
    let mut fields = format!("pattern: Pattern::{pattern}, longest: {longest}");
    for (field, content) in [("slots", &slots), ("ends", &ends), ("bytes", &bytes)] {
        let file = out.join(format!("{name}.{field}"));
        std::fs::write(&file, content)?;
        fields.push_str(&format!(", {field}: include_bytes!({:?})", file.to_string_lossy()));
    }
    std::fs::write(rust, format!("Vocabulary {{ {fields} }}"))?;
    std::fs::write(stamp, made_by)?;
    Ok(())
}

/// The table of the kinds of characters, as `Classes` of the program holds it.
fn classes(out: &Path) -> Result<(), Box<dyn Error>> {
    let mut characters = vec![0u8; 0x11_0000];
    for (pattern, class) in [
        (r"\p{L}", layout::LETTER),
        (r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]", layout::CAPITAL),
        (r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]", layout::SMALL),
        (r"\p{N}", layout::NUMBER),
        (r"\s", layout::SPACE),
        (r"[\r\n]", layout::BREAK),
    ] {
        let parsed = regex_syntax::parse(pattern)?;
        let regex_syntax::hir::HirKind::Class(regex_syntax::hir::Class::Unicode(set)) = parsed.kind() else {
            return Err(format!("{pattern} is no class of characters").into());
        };
        for range in set.ranges() {
            characters[range.start() as usize..=range.end() as usize].iter_mut().for_each(|known| *known |= class);
        }
    }
    let (mut blocks, mut distinct) = (Vec::new(), Vec::new());
    let mut numbers: HashMap<&[u8], u8> = HashMap::new();
    for block in characters.chunks(256) {
        let next = u8::try_from(numbers.len())?;
        blocks.push(*numbers.entry(block).or_insert_with(|| {
            distinct.extend_from_slice(block);
            next
        }));
    }
    let mut fields = Vec::new();
    for (field, content) in [("blocks", &blocks), ("classes", &distinct)] {
        let file = out.join(format!("classes.{field}"));
        std::fs::write(&file, content)?;
        fields.push(format!("{field}: include_bytes!({:?})", file.to_string_lossy()));
    }
    std::fs::write(out.join("classes.rs"), format!("Classes {{ {} }}", fields.join(", ")))?;
    Ok(())
}

//! The direction of imports between the modules: a lower one knows nothing of a higher one.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

/// The modules, lowest first, each with all that it may import. So `kubernetes` knows nothing of `api`.
const LAYERS: [(&str, &[&str]); 16] = [
    ("audit", &[]),
    ("start", &[]),
    ("certificates", &["start"]),
    ("error", &[]),
    ("shutdown", &[]),
    ("metrics", &[]),
    ("reread", &["error", "metrics", "start"]),
    ("bundle", &["start"]),
    ("identity", &["certificates", "error", "start"]),
    ("limits", &["identity", "metrics", "start"]),
    ("config", &["identity", "limits", "reread", "start"]),
    ("kubernetes", &["error", "metrics", "start"]),
    ("cache", &["audit", "kubernetes", "limits", "metrics"]),
    ("discovery", &["config", "error", "kubernetes", "start"]),
    (
        "api",
        &["audit", "cache", "config", "discovery", "error", "identity", "kubernetes", "limits", "metrics", "shutdown"],
    ),
    ("http", &["api", "bundle", "certificates", "config", "identity", "limits", "metrics", "shutdown", "start"]),
];

/// Modules that put all together.
const ABOVE: [&str; 5] = ["fuzzing", "layers", "lib", "main", "server"];

#[test]
fn each_module_imports_what_is_below_it_and_nothing_else() {
    let mut imports: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for path in files(&source) {
        let module = module_of(path.strip_prefix(&source).unwrap());
        let text = fs::read_to_string(&path).unwrap();
        imports.entry(module).or_default().extend(imported(&text));
    }
    for (place, (module, allowed)) in LAYERS.iter().enumerate() {
        let mut found = imports.remove(*module).unwrap_or_else(|| panic!("there is no {module}"));
        found.remove(*module);
        assert_eq!(found, allowed.iter().map(ToString::to_string).collect(), "what {module} imports");
        for lower in *allowed {
            assert!(LAYERS[..place].iter().any(|(below, _)| below == lower), "{lower} is not below {module}");
        }
    }
    assert_eq!(imports.into_keys().collect::<Vec<_>>(), ABOVE, "modules without a place among the layers");
}

#[test]
fn an_import_is_found_however_it_is_written() {
    let text = "use crate::{\n    a::{B, c},\n    d,\n};\nuse crate::e::F;\nlet g = crate::h::i();\n#[cfg(test)]\nuse crate::j;";
    assert_eq!(imported(text), ["a", "d", "e", "h"].map(String::from).into());
}

/// Returns the modules that a file names behind `crate::`, but for those of its tests.
fn imported(text: &str) -> BTreeSet<String> {
    let text = text.split("#[cfg(test)]").next().unwrap_or_default();
    let code: String = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
    let mut found = BTreeSet::new();
    for rest in code.split("crate::").skip(1) {
        let Some(group) = rest.strip_prefix('{') else {
            found.insert(identifier(rest));
            continue;
        };
        let mut depth = 0;
        let mut begins = true;
        for (index, character) in group.char_indices() {
            match character {
                '{' => depth += 1,
                '}' if depth == 0 => break,
                '}' => depth -= 1,
                ',' if depth == 0 => begins = true,
                _ if begins && !character.is_whitespace() => {
                    found.insert(identifier(&group[index..]));
                    begins = false;
                }
                _ => {}
            }
        }
    }
    found
}

fn identifier(text: &str) -> String {
    text.chars().take_while(|character| character.is_alphanumeric() || *character == '_').collect()
}

fn module_of(path: &Path) -> String {
    path.iter().next().unwrap().to_str().unwrap().trim_end_matches(".rs").to_owned()
}

/// Lists the files of code, without those of tests.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let (folders, files): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir());
    let is_code = |path: &PathBuf| path.extension().is_some_and(|kind| kind == "rs") && !path.ends_with("tests.rs");
    files.into_iter().filter(is_code).chain(folders.iter().flat_map(|folder| self::files(folder))).collect()
}

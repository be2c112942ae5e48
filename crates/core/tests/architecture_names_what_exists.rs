//! The map must not rot.

use std::path::Path;

#[test]
fn every_path_that_the_pages_for_people_name_exists() {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut named = 0;
    for page in ["ARCHITECTURE.md", "CONTRIBUTING.md", "README.md", "SECURITY.md"] {
        let text = std::fs::read_to_string(top.join(page)).expect(page);
        for path in text.split('`').skip(1).step_by(2) {
            let first = path.split('/').next().unwrap_or_default();
            let is_path = ["crates", "www", "tests", "deploy", "scripts", "docs"].contains(&first);
            if is_path && !path.contains(' ') {
                assert!(top.join(path).exists(), "{page} names {path}, which is not there");
                named += 1;
            }
        }
    }
    assert!(named > 10, "only {named} paths found");
}

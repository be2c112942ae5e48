//! Builds the page of `/dist` into the binary, compressed ahead of time. Without one, nothing is built in, and the
//! server says how to build it.

use std::{
    env, fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

fn main() -> io::Result<()> {
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    let repository = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("../..");
    let dist = repository.join("dist");
    println!("cargo::rerun-if-changed=build.rs");
    let page_manifest = dist.join("manifest.json");
    if !page_manifest.exists() {
        println!("cargo::rerun-if-changed={}", wait_for_page(&repository)?.display());
        return fs::write(out.join("embedded.rs"), "&[]");
    }
    // It has the hash of every other file.
    println!("cargo::rerun-if-changed={}", page_manifest.display());

    let mut files = Vec::new();
    collect(&dist, &dist, &mut files)?;
    files.sort();
    let mut table = String::from("&[\n");
    for (number, path) in files.iter().enumerate() {
        let content = fs::read(dist.join(path))?;
        // A copy, since trunk may change the folder before the compiler comes to read it.
        let source = out.join(format!("{number}.identity"));
        fs::write(&source, &content)?;
        let brotli = smaller(&content, brotli(&content)?, &out.join(format!("{number}.br")))?;
        let gzip = smaller(&content, gzip(&content)?, &out.join(format!("{number}.gz")))?;
        table.push_str(&format!(
            "Embedded {{ path: {path:?}, identity: include_bytes!({source:?}), brotli: {brotli}, gzip: {gzip} }},\n"
        ));
    }
    table.push(']');
    fs::write(out.join("embedded.rs"), table)
}

/// Returns the file among cargo's own that `scripts/finish-page.sh` touches. A path that is missing would have cargo
/// build this crate again at each call.
fn wait_for_page(repository: &Path) -> io::Result<PathBuf> {
    let target = repository.join(env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into()));
    fs::create_dir_all(&target)?;
    let built = target.join("page-built");
    fs::OpenOptions::new().create(true).append(true).open(&built)?;
    Ok(built)
}

/// Lists the files under `folder`, as paths relative to `root` with `/`.
fn collect(root: &Path, folder: &Path, files: &mut Vec<String>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let path = entry.path();
        // Trunk stages what it builds in `.stage`.
        if entry.file_name().to_string_lossy().starts_with('.') {
            continue;
        }
        if path.is_dir() {
            collect(root, &path, files)?;
        } else {
            let relative = path.strip_prefix(root).expect("found below it");
            let parts: Vec<_> = relative.iter().map(|part| part.to_string_lossy().into_owned()).collect();
            files.push(parts.join("/"));
        }
    }
    Ok(())
}

/// Writes the compressed form where it is worth it, and returns the expression that includes it.
fn smaller(content: &[u8], compressed: Vec<u8>, path: &Path) -> io::Result<String> {
    if compressed.len() + content.len() / 20 >= content.len() {
        return Ok("None".into());
    }
    fs::write(path, compressed)?;
    Ok(format!("Some(include_bytes!({path:?}))"))
}

fn brotli(content: &[u8]) -> io::Result<Vec<u8>> {
    const BUFFER_BYTES: usize = 4096;
    // The best takes seconds, which only a release is worth.
    let quality = if env::var("PROFILE").is_ok_and(|profile| profile == "release") { 11 } else { 5 };
    const WINDOW_BITS: u32 = 22;
    let mut compressed = Vec::new();
    brotli::CompressorWriter::new(&mut compressed, BUFFER_BYTES, quality, WINDOW_BITS).write_all(content)?;
    Ok(compressed)
}

fn gzip(content: &[u8]) -> io::Result<Vec<u8>> {
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    writer.write_all(content)?;
    writer.finish()
}

use std::{fs, path::PathBuf};

use super::{Browser, DOWNLOADS};
use crate::deadline::{PATIENCE, eventually};

impl Browser {
    /// Waits until the download of a file with this extension is complete that was not among those `before`, and
    /// returns its path.
    pub async fn wait_for_download(&self, before: &[PathBuf], extension: &str) -> PathBuf {
        eventually(PATIENCE, "one more whole file in the download folder", || async {
            let mut files = self.downloads();
            files.retain(|file| !before.contains(file));
            match files.as_slice() {
                // While it is written, it has another name or another one beside it.
                [file] if file.extension().is_some_and(|found| found == extension) => match file.metadata() {
                    Ok(metadata) if metadata.len() > 0 => Ok(file.clone()),
                    _ => Err(format!("nothing in {files:?}")),
                },
                _ => Err(format!("{files:?}")),
            }
        })
        .await
    }

    /// Returns the files that were downloaded, also unfinished ones.
    pub fn downloads(&self) -> Vec<PathBuf> {
        let files = fs::read_dir(self.folder.join(DOWNLOADS)).expect("the download folder is there");
        files.map(|entry| entry.expect("the download folder can be read").path()).collect()
    }
}

//! Somebody who goes on with an enrollment wherever the page stands, through any number of deaths of the browser.

use std::{fmt, ops::AddAssign, path::PathBuf};

use kube_enroll_e2e::{
    browser::Browser,
    control_plane::ControlPlane,
    deadline::{PATIENCE, eventually},
    page::{Page, Wish},
    proxy::Proxy,
    shell::Shell,
};

use crate::whole::{is_known_to_the_cluster, unique};

/// What was counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub kills: usize,
    /// Keys that were gone although their request was in the cluster.
    pub lost: usize,
    /// Objects in the cluster beyond one for each enrollment.
    pub duplicates: usize,
}

/// One person, one enrollment, one browser that dies.
pub struct Enrolling<'a> {
    pub browser: Browser,
    proxy: &'a Proxy,
    admin: Shell,
    /// The passphrase that locks the keys, or `None` for the browser's own lock.
    passphrase: Option<&'static str>,
    wish: Wish,
    pub tally: Tally,
}

impl<'a> Enrolling<'a> {
    pub fn new(browser: Browser, proxy: &'a Proxy, passphrase: Option<&'static str>) -> Self {
        let admin = ControlPlane::shared().admin();
        Self { browser, proxy, admin, passphrase, wish: new_wish(passphrase), tally: Tally::default() }
    }

    pub fn page(&self) -> Page<'_> {
        Page { browser: &self.browser }
    }

    /// Opens the page, without waiting for anything on it.
    pub async fn open(&self) {
        self.browser.open(&self.proxy.url()).await;
    }

    /// Fills in the form and presses the button.
    pub async fn create(&self) {
        self.page().fill(&self.wish).await;
        self.page().click("#create").await;
    }

    /// Kills the browser and starts it again.
    pub async fn die(&mut self) {
        self.browser.kill();
        self.tally.kills += 1;
        self.browser.restart().await;
    }

    /// Kills the browser, starts it again, and waits until the page is in this state by itself.
    pub async fn die_and_come_back_to(&mut self, state: &str) {
        self.die().await;
        self.open().await;
        self.page().wait_for(state).await;
    }

    /// Waits until the certificate is here, and types the passphrase if there is one.
    pub async fn opens(&self) {
        if let Some(passphrase) = self.passphrase {
            self.page().wait_for("locked").await;
            self.page().unlock(passphrase).await;
        }
        self.page().wait_for("issued").await;
    }

    /// Approves, with kubectl.
    pub async fn approve(&self) {
        for name in self.objects().await {
            self.admin.ok(&format!("kubectl certificate approve {name}")).await;
        }
    }

    /// Opens the page and does whatever comes next, until the file is saved. Nothing, where the key is lost.
    pub async fn goes_on_to_the_file(&self) -> Option<PathBuf> {
        self.open().await;
        let page = self.page();
        loop {
            let state = page.state().await;
            match state.as_str() {
                "editing" => match page.enrollments().await.first() {
                    Some(kept) => page.act(&kept.id, "resume").await,
                    // It shows the form before it has looked into its storage.
                    None if !page.kept().await.is_empty() => self.finds_it(&page).await,
                    None if self.objects().await.is_empty() => self.create().await,
                    None => return None,
                },
                "waiting" => {
                    self.approve().await;
                    self.leaves(&page, "waiting").await;
                }
                "issued" => {
                    // A browser that died after it had saved: Chromium would write over that file, which then is no new
                    // one.
                    for file in self.browser.downloads() {
                        std::fs::remove_file(file).expect("the file is ours");
                    }
                    return Some(page.save().await);
                }
                "locked" => {
                    page.unlock(self.passphrase.expect("only a passphrase is asked for")).await;
                    self.leaves(&page, "locked").await;
                }
                "" | "loading" | "generating" | "keeping" | "submitting" | "taking" | "approved" | "verifying" => {
                    self.leaves(&page, &state).await;
                }
                _ => panic!("{}: {state}: {}", self.wish.user, page.whole_text().await),
            }
        }
    }

    /// Checks the file, counts the objects, forgets the key, and thinks of another name.
    pub async fn ends(&mut self, file: Option<PathBuf>) {
        let objects = self.objects().await;
        self.tally.duplicates += objects.len().saturating_sub(1);
        match file {
            Some(file) => {
                is_known_to_the_cluster(&Shell::new(&file), &self.wish).await;
                std::fs::remove_file(file).expect("the file is ours");
                self.page().wait_until_shown("#after-save").await;
                self.page().forget().await;
            }
            None => self.tally.lost += 1,
        }
        if !objects.is_empty() {
            self.admin.ok(&format!("kubectl delete csr {}", objects.join(" "))).await;
        }
        self.wish = new_wish(self.passphrase);
    }

    /// Returns the names of this enrollment's objects in the cluster.
    pub async fn objects(&self) -> Vec<String> {
        let line = format!("kubectl get csr --output name | sed -n 's|.*/\\({}-.*\\)|\\1|p'", self.wish.user);
        self.admin.ok(&line).await.lines().map(ToOwned::to_owned).collect()
    }

    async fn finds_it(&self, page: &Page<'_>) {
        eventually(PATIENCE, &format!("{} goes on with what is kept, or lists it", self.wish.user), || async {
            let found = page.state().await != "editing" || !page.enrollments().await.is_empty();
            if found { Ok(()) } else { Err(page.whole_text().await) }
        })
        .await;
    }

    async fn leaves(&self, page: &Page<'_>, state: &str) {
        eventually(PATIENCE, &format!("{} leaves the state {state:?}", self.wish.user), || async {
            if page.state().await == state { Err(page.whole_text().await) } else { Ok(()) }
        })
        .await;
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.kills += other.kills;
        self.lost += other.lost;
        self.duplicates += other.duplicates;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} kills, {} keys lost, {} duplicates", self.kills, self.lost, self.duplicates)
    }
}

fn new_wish(passphrase: Option<&str>) -> Wish {
    let wish = Wish::new(&unique("killed"), &["developers"]);
    match passphrase {
        Some(passphrase) => wish.locked_with(passphrase),
        None => wish,
    }
}

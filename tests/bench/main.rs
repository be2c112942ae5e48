//! `make bench-page`: times from opening the page for the first time, on a slow line, in real browsers.
//!
//! Each load has a browser of its own with an empty profile, which has shown another page before. With BASELINE=DIR,
//! another build of the page is loaded in turn with this one, so that the ratios hold where the machine's speed drifts.

mod packed_site;

use std::{
    env,
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

use kube_enroll_e2e::{
    benchmarks,
    browser::{Browser, Kind},
    programs,
    slow_link::{Line, SlowLink},
};
use serde_json::json;

use packed_site::PackedSite;

/// The time of each of [`MARKS`], in milliseconds.
type Times = [f64; MARKS.len()];

#[tokio::main]
async fn main() -> ExitCode {
    let runs = env::var("RUNS").map_or(DEFAULT_RUNS, |runs| runs.parse().expect("RUNS is a number of loads"));
    let page = PackedSite::start(&programs::page_dir()).await;
    let baseline = match env::var_os("BASELINE").filter(|folder| !folder.is_empty()).map(PathBuf::from) {
        Some(folder) if folder.join("index.html").is_file() => Some(PackedSite::start(&folder).await),
        Some(folder) => {
            eprintln!("BASELINE: {} has no index.html: expected the folder of a built page", folder.display());
            return ExitCode::FAILURE;
        }
        None => None,
    };
    let mut table = format!("{HEAD}\n");
    for (kind, browser) in BROWSERS {
        let (mut old, mut new): (Vec<Times>, Vec<Times>) = Default::default();
        for run in 1..=runs {
            eprintln!("==> {kind:?} {run} of {runs}");
            if let Some(baseline) = &baseline {
                old.push(load(kind, baseline).await);
            }
            new.push(load(kind, &page).await);
        }
        for (mark, (what, goal)) in MARKS.into_iter().enumerate() {
            let [old, new] = [&old, &new].map(|times| Spread::of(times.iter().map(|times| times[mark]).collect()));
            table += &format!("| {browser} | {what} | {}\n", compared(old, new, goal));
        }
    }
    let text = format!(
        "{INTRODUCTION}\n- machine: {}\n- this page: commit {}\n- command: `{}`\n\n{table}\n{}",
        benchmarks::machine().expect("a Linux machine"),
        benchmarks::commit(),
        env::var("BENCH_COMMAND").unwrap_or_else(|_| env::args().collect::<Vec<_>>().join(" ")),
        NOTES.replace("RUNS", &runs.to_string()),
    );
    println!("{text}");
    if let Some(file) = env::var_os("OUTPUT").filter(|file| !file.is_empty()) {
        benchmarks::write_section(Path::new(&file), "The page", &text).expect("OUTPUT can be written");
    }
    ExitCode::SUCCESS
}

/// Loads a page cold, and returns when what was there.
async fn load(kind: Kind, site: &PackedSite) -> Times {
    let link = SlowLink::start(site.address(), LINE).await;
    let browser = Browser::start(kind).await;
    browser.open(&format!("http://{}/first.html", site.address())).await;
    if kind == Kind::Chromium {
        browser.devtools("Emulation.setCPUThrottlingRate", json!({ "rate": CHROMIUM_SLOWDOWN })).await;
    }
    browser.open(&format!("http://{}/", link.address())).await;
    let times = browser.run_async("return window.measured", vec![]).await;
    serde_json::from_value(times).expect("a time for each mark")
}

/// Returns the cells of a row: both builds, their ratio, the goal, and whether it is met.
fn compared(old: Option<Spread>, new: Option<Spread>, goal: f64) -> String {
    let ratio = old.as_ref().zip(new.as_ref()).map(|(old, new)| new.median / old.median);
    let verdict = ratio.map_or("", |ratio| if ratio <= goal { "met" } else { "**missed**" });
    let ratio = ratio.map_or_else(String::new, |ratio| format!("{ratio:.2}"));
    let [old, new] = [old, new].map(|spread| spread.map_or_else(String::new, |spread| spread.to_string()));
    format!("{old} | {new} | {ratio} | ≤ {goal} | {verdict} |")
}

/// Median and range of one mark over all loads, in milliseconds.
struct Spread {
    median: f64,
    least: f64,
    most: f64,
}

impl Spread {
    /// Returns `None` where nothing was measured.
    fn of(mut times: Vec<f64>) -> Option<Self> {
        times.sort_by(f64::total_cmp);
        Some(Self { median: *times.get(times.len() / 2)?, least: *times.first()?, most: *times.last()? })
    }
}

impl std::fmt::Display for Spread {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:.0} ms ({:.0}–{:.0})", self.median, self.least, self.most)
    }
}

/// Each mark, and the most that it may take, as a ratio to the baseline.
const MARKS: [(&str, f64); 4] =
    [("first text", 0.6), ("form usable", 1.15), ("key worker ready", 1.15), ("from the click to the request", 1.15)];

const LINE: Line = Line { bits_per_second: 10_000_000, delay: Duration::from_millis(40) };

/// Which browsers, and what the table says of them.
const BROWSERS: [(Kind, &str); 2] =
    [(Kind::Chromium, "Chromium, slowed 4 times"), (Kind::Firefox, "Firefox, not slowed")];

/// Factor by which Chromium's processor is slowed down. Firefox has no such setting.
const CHROMIUM_SLOWDOWN: u32 = 4;

const DEFAULT_RUNS: usize = 15;

const INTRODUCTION: &str =
    "What a person waits for when they open the page for the first time: each load in a browser with an empty profile
that has shown another page before, through a line of 10 Mbit/s and 40 ms each way. Chromium's
processor is slowed down four times; Firefox runs unslowed, since it has no such setting.
";

const HEAD: &str =
    "| browser | until | before | this page | ratio | goal | |\n| --- | --- | --- | --- | --- | --- | --- |";

const NOTES: &str = "Median of RUNS loads, in brackets the least and the most. First text is the browser's own first contentful paint. The form is
usable when its first field is there, the key worker ready when it has opened its storage. The request is there when a key of the
type ECDSA-P256 is made and stored. The page before is another build, loaded in turn with this one in the same run.
";

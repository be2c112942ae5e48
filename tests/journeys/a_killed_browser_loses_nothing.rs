//! The browser is killed at every step of an enrollment, and at random moments; the page goes on to a kubeconfig that
//! works.
//!
//! `make kill-test` runs this with more kills: `KILLS` is their number for each kind of lock, `SEED` repeats the
//! moments of an earlier run.

use std::{env, time::Duration};

use kube_enroll_e2e::{
    browser::{Browser, Kind},
    control_plane::ControlPlane,
    deadline::PATIENCE,
    proxy::{Faults, Proxy},
    serve::Serve,
};
use tokio::{sync::oneshot, time::timeout};

use crate::{
    kills::{Enrolling, Tally},
    whole::looks_again,
};

#[tokio::test(flavor = "multi_thread")]
async fn at_every_step_and_at_random_moments() {
    kills(None).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_passphrase_too() {
    kills(Some("killed many times")).await;
}

async fn kills(passphrase: Option<&'static str>) {
    let number = |name, default| env::var(name).map_or(default, |text| text.parse().expect("a number"));
    let kills = usize::try_from(number("KILLS", KILLS)).expect("a number of kills");
    let seed = number("SEED", u64::from(std::process::id()));
    println!("SEED={seed}");
    // A restart of Firefox takes four times as long.
    let in_firefox = kills * 3 / 10;
    let (chromium, firefox) = tokio::join!(
        kills_at_steps_and_moments(Kind::Chromium, passphrase, kills - in_firefox, Moments(seed)),
        kills_at_steps_and_moments(Kind::Firefox, passphrase, in_firefox, Moments(!seed)),
    );
    let mut tally = chromium;
    tally += firefox;
    println!("{tally}");
    assert_eq!(
        tally,
        Tally { kills, lost: 0, duplicates: 0 },
        "SEED={seed}: {chromium} in Chromium, {firefox} in Firefox"
    );
}

async fn kills_at_steps_and_moments(
    kind: Kind,
    passphrase: Option<&'static str>,
    kills: usize,
    mut moments: Moments,
) -> Tally {
    let serve = Serve::with(ControlPlane::shared(), &["--allowed-host=127.0.0.1"]).await;
    let proxy = Proxy::start(&serve.url(), Faults::default()).await;
    let mut enrolling = Enrolling::new(Browser::start(kind).await, &proxy, passphrase);
    while enrolling.tally.kills + STEPS <= kills {
        kills_at_every_step(&mut enrolling, &proxy).await;
        let most = kills.min(enrolling.tally.kills + STEPS);
        kills_at_random_moments(&mut enrolling, kind, most, &mut moments).await;
    }
    kills_at_random_moments(&mut enrolling, kind, kills, &mut moments).await;
    enrolling.tally
}

/// How often [`kills_at_every_step`] kills.
const STEPS: usize = 6;

async fn kills_at_every_step(enrolling: &mut Enrolling<'_>, proxy: &Proxy) {
    enrolling.open().await;
    let (sender, post) = oneshot::channel();
    proxy.set(|faults| faults.holds_next_post = Some(sender));
    enrolling.create().await;
    let post = timeout(PATIENCE, post).await.expect("the page sends its POST").expect("the proxy holds it");
    enrolling.die().await;
    assert!(enrolling.objects().await.is_empty(), "the request was prepared, and did not arrive");

    let (sender, reply) = oneshot::channel();
    proxy.set(|faults| faults.holds_next_reply = Some(sender));
    enrolling.open().await;
    let reply =
        timeout(PATIENCE, reply).await.expect("the page sends its POST again").expect("the proxy holds the reply");
    assert_eq!(enrolling.page().state().await, "submitting");
    enrolling.die_and_come_back_to("waiting").await;
    assert_eq!(enrolling.objects().await.len(), 1, "the request arrived, and its answer did not");
    drop((post, reply));

    // The cluster signs, and the page cannot see it yet.
    proxy.set(|faults| faults.certificate_pem = Some(String::new()));
    enrolling.die_and_come_back_to("waiting").await;
    enrolling.approve().await;
    enrolling.page().wait_for("approved").await;
    enrolling.die_and_come_back_to("approved").await;
    proxy.set(|faults| faults.certificate_pem = None);
    looks_again(&enrolling.page()).await;
    enrolling.opens().await;
    // A browser that died while it saved an earlier file may have left some of it.
    let before = enrolling.browser.downloads();
    enrolling.die().await;
    enrolling.open().await;
    enrolling.opens().await;
    assert_eq!(enrolling.browser.downloads(), before, "nothing is saved without a click");
    let file = enrolling.page().save().await;
    std::fs::remove_file(file).expect("the file is ours");
    enrolling.die().await;
    let file = enrolling.goes_on_to_the_file().await;
    enrolling.ends(file).await;
}

/// Kills within the time that the whole way mostly takes, so often that the sum is `most`.
async fn kills_at_random_moments(enrolling: &mut Enrolling<'_>, kind: Kind, most: usize, moments: &mut Moments) {
    while enrolling.tally.kills < most {
        let moment = moments.next_within(match kind {
            Kind::Chromium => Duration::from_millis(2_000),
            Kind::Firefox => Duration::from_millis(3_000),
        });
        // The one place that waits for a time: the moment is the point.
        if let Ok(file) = timeout(moment, enrolling.goes_on_to_the_file()).await {
            enrolling.ends(file).await;
        }
        enrolling.die().await;
    }
    let file = enrolling.goes_on_to_the_file().await;
    enrolling.ends(file).await;
}

/// SplitMix64: moments that can be had again.
struct Moments(u64);

impl Moments {
    fn next_within(&mut self, longest: Duration) -> Duration {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        let longest = u64::try_from(longest.as_millis()).expect("seconds");
        Duration::from_millis((mixed ^ (mixed >> 31)) % longest)
    }
}

/// How many kills there are where nobody says another number.
const KILLS: u64 = 20;

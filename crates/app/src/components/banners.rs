use yew::prelude::*;

use super::{Note, Text, rough};

/// Properties of [`Banners`].
#[derive(Properties, PartialEq)]
pub(crate) struct BannersProps {
    /// The page came over plain HTTP from another machine.
    pub plain_http: bool,
    /// The reason why the browser stores nothing for this page, or `None` if it does.
    pub storage_refused: Option<AttrValue>,
    /// The reason why an enrollment could not be deleted, or `None` if none was to be, or it was.
    #[prop_or_default]
    pub not_deleted: Option<AttrValue>,
    /// The reason why the progress of the enrollment could not be written, or `None` if it was.
    #[prop_or_default]
    pub not_written: Option<AttrValue>,
    /// The reason why it is not known what is stored, or `None` if it is.
    #[prop_or_default]
    pub not_listed: Option<AttrValue>,
    /// The cluster's clock minus the browser's, in milliseconds; 0 while that is not known.
    pub clock_offset_ms: f64,
}

/// The warnings that hold for every step.
#[component]
pub(crate) fn Banners(props: &BannersProps) -> Html {
    let off_ms = props.clock_offset_ms;
    html! {
        <div>
            if props.plain_http {
                <Note id="banner-http" warns=true>
                    { "This page came over plain HTTP: whoever is on the path between you and its server could have \
                       changed it, and could take your key. Where you can, use an address that begins with https." }
                </Note>
            }
            if let Some(reason) = &props.storage_refused {
                <Note id="storage-refused" warns=true>
                    { "This browser stores nothing for this page, so leave the tab open until you have saved your \
                       file: closing or reloading it loses the key. " }
                    <Text text={reason.clone()} />
                </Note>
            }
            if let Some(reason) = &props.not_deleted {
                <Note id="not-deleted" warns=true>
                    { "The key was not deleted, and is still stored in this browser. Try again; or delete what this \
                       browser stores for this site, in its settings. " }
                    <Text text={reason.clone()} />
                </Note>
            }
            if let Some(reason) = &props.not_written {
                <Note id="not-written" warns=true>
                    { "This browser could not store how far your request has come. Leave this tab open until you have \
                       saved your file; the page tries again by itself. " }
                    <Text text={reason.clone()} />
                </Note>
            }
            if let Some(reason) = &props.not_listed {
                <Note id="not-listed" warns=true>
                    { "Your earlier requests could not be listed; what is stored in this browser is as it was. Reload \
                       the page to see them. " }
                    <Text text={reason.clone()} />
                </Note>
            }
            if off_ms.abs() > CLOCK_TOLERANCE_MS {
                <Note id="clock-warning">
                    <Text text={describe_offset(off_ms)} />
                </Note>
            }
        </div>
    }
}

fn describe_offset(off_ms: f64) -> String {
    format!(
        "This computer’s clock is {} {} the cluster’s. This page goes by the cluster’s; kubectl goes by yours, so please \
         set it right.",
        rough(off_ms.abs()),
        if off_ms > 0.0 { "behind" } else { "ahead of" }
    )
}

/// The difference of the clocks from which the page warns.
const CLOCK_TOLERANCE_MS: f64 = 60_000.0;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::components::tests::{render, tag};

    async fn banners(plain_http: bool, storage_refused: Option<&'static str>, clock_offset_ms: f64) -> String {
        let storage_refused = storage_refused.map(AttrValue::from);
        render(html! { <Banners {plain_http} {storage_refused} {clock_offset_ms} /> }).await
    }

    #[tokio::test]
    async fn says_that_a_key_was_not_deleted_and_what_to_do() {
        let not_deleted = Some(AttrValue::from("The storage is full."));
        let banners = html! { <Banners plain_http=false storage_refused={None::<AttrValue>} {not_deleted} clock_offset_ms=0.0 /> };
        let html = render(banners).await;
        assert!(tag(&html, "not-deleted").contains("note warn"));
        assert!(html.contains("still stored in this browser") && html.contains("The storage is full."), "{html}");
    }

    #[tokio::test]
    async fn shows_nothing_where_all_is_well() {
        assert_eq!(banners(false, None, -60_000.0).await, "<div></div>");
    }

    #[tokio::test]
    async fn warns_of_plain_http() {
        assert!(tag(&banners(true, None, 0.0).await, "banner-http").contains("note warn"));
    }

    #[tokio::test]
    async fn warns_that_nothing_is_stored_and_why() {
        let html = banners(false, Some("<private> window"), 0.0).await;
        assert!(html.contains("loses the key. <span>&lt;private&gt; window</span></p>"), "{html}");
    }

    #[tokio::test]
    async fn shows_how_far_the_clock_is_off_and_in_which_direction() {
        let html = banners(false, None, 10_800_000.0).await;
        assert!(html.contains("This computer’s clock is 3 hours behind the cluster’s."), "{html}");
        let html = banners(false, None, -180_000.0).await;
        assert!(html.contains("This computer’s clock is 3 minutes ahead of the cluster’s."), "{html}");
    }
}

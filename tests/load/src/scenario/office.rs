//! An office behind one Ingress that proves nothing: all its people have one address.

use std::{
    net::{IpAddr, Ipv4Addr},
    sync::Arc,
};

use hyper::header::{HeaderName, HeaderValue};

use crate::{
    cluster::Cluster,
    plan::Plan,
    report::{Row, count},
    requests::Requests,
    scenario::{OPEN, restart_row},
    serve::Setup,
    visitor::{Visitor, page_files},
    visits::Visits,
};

pub(super) async fn run(plan: &Plan) -> anyhow::Result<Vec<Row>> {
    let people = plan.flood_share(200);
    let time = 2 * plan.flood();
    let cluster = Cluster::start().await?;
    let serve = Setup::new(plan)?.with(&OPEN).start(cluster.kubeconfig(), cluster.folder()).await?;
    let files = page_files(&serve.site(), INGRESS).await?;
    let mut visitors = Vec::new();
    for number in 0..people {
        // An address that the server has no reason to believe.
        let person = HeaderValue::from_str(&Ipv4Addr::from_bits(0x0a00_0000 + number as u32).to_string())?;
        let visitor = Visitor {
            site: serve.site().with_headers(&[(HeaderName::from_static("x-forwarded-for"), person)]),
            source: INGRESS,
            object: Requests::new()?.object(),
            decision: (time / 4).mul_f64(fastrand::f64()),
            files: Arc::clone(&files),
        };
        visitors.push((time.mul_f64(arrival(number as f64 / people as f64)), visitor));
    }
    let meanwhile = format!("{} people behind one unnamed Ingress within {} s", count(people), time.as_secs());
    let visits = Visits::of(&cluster, visitors).await?;
    let mut rows = vec![Row::new(
        format!("{meanwhile}: calls that were refused or failed"),
        "0",
        format!("{}{}", visits.failed(), visits.failures()),
        visits.failed() == 0,
    )];
    rows.extend(visits.rows(&meanwhile, &cluster).await?);
    rows.push(restart_row(&meanwhile, &serve));
    Ok(rows)
}

/// Returns when a share of the people has come, as a share of the time: half of them in its first tenth, since somebody
/// has written to all. In ten minutes, that is as many as 100 in one.
fn arrival(share: f64) -> f64 {
    if share < 0.5 { share / 5.0 } else { 0.1 + (share - 0.5) * 1.8 }
}

const INGRESS: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 100, 0, 1));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn has_half_of_the_people_come_in_the_first_tenth() {
        let near = |found: f64, expected: f64| (found - expected).abs() < 1e-9;
        assert!(near(arrival(0.0), 0.0) && near(arrival(0.25), 0.05));
        assert!(near(arrival(0.5), 0.1) && near(arrival(1.0), 1.0));
    }
}

//! A network namespace of this program's own, with networks that are nobody's: addresses to be flooded from.

use std::{
    net::{IpAddr, Ipv6Addr},
    path::Path,
    process::{Command, Stdio},
};

use anyhow::{Context, ensure};

use crate::{
    plan::{Plan, Scenario},
    report::Row,
};

/// Starts this program once more in a namespace, for one scenario, and returns its rows.
///
/// # Errors
/// Where namespaces cannot be made, which takes root, and where the scenario does not run to its end.
pub async fn run(scenario: Scenario, plan: &Plan) -> anyhow::Result<Vec<Row>> {
    let folder = tempfile::TempDir::with_prefix("namespace-")?;
    let rows = folder.path().join("rows.json");
    let mut command = tokio::process::Command::new("unshare");
    // It ends with this program.
    command.args(["--net", "setpriv", "--pdeathsig=TERM"]).arg(std::env::current_exe()?);
    command.args(plan.arguments_for(scenario)).arg("--rows").arg(&rows);
    let status = command.stdin(Stdio::null()).kill_on_drop(true).status().await.context("unshare (util-linux)")?;
    ensure!(status.success(), "in a network namespace, which takes root: {status}");
    read(&rows)
}

/// Sets the networks up, inside.
///
/// # Errors
/// Where that is not allowed.
pub fn set_up() -> anyhow::Result<()> {
    for line in SETTING_UP {
        let output = Command::new("ip").args(line.split(' ')).output().context("ip (iproute2)")?;
        ensure!(output.status.success(), "ip {line}: {}", String::from_utf8_lossy(&output.stderr));
    }
    std::fs::write(NONLOCAL_BIND, "1").context(NONLOCAL_BIND)
}

/// Writes the rows for the one who has started this program.
///
/// # Errors
/// Where the file cannot be written.
pub fn write(file: &Path, rows: &[Row]) -> anyhow::Result<()> {
    std::fs::write(file, serde_json::to_vec(rows)?).with_context(|| file.display().to_string())
}

/// Returns the address of a /48 that has this number: each is in another /64, and those that follow each other in
/// others of /56.
pub fn address(site: u16, number: u16) -> IpAddr {
    Ipv6Addr::new(0x2001, 0xdb8, site, number.swap_bytes(), 0, 0, 0, 1).into()
}

fn read(file: &Path) -> anyhow::Result<Vec<Row>> {
    Ok(serde_json::from_slice(&std::fs::read(file).context("its rows")?)?)
}

/// All addresses of these networks are this machine's (RFC 3849: no other machine's).
const SETTING_UP: [&str; 2] = ["link set lo up", "-6 route add local 2001:db8::/32 dev lo"];

/// Lets programs bind to addresses that only the route knows.
const NONLOCAL_BIND: &str = "/proc/sys/net/ipv6/ip_nonlocal_bind";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gives_each_number_an_address_in_the_network_of_the_site() {
        assert_eq!(address(0, 1).to_string(), "2001:db8:0:100::1");
        assert_eq!(address(1, 0x102).to_string(), "2001:db8:1:201::1");
    }

    #[test]
    fn passes_rows_on() {
        let folder = tempfile::tempdir().unwrap();
        let rows = [Row::new("a", "1", "2", false), Row::without_goal("b", "3")];
        write(&folder.path().join("rows"), &rows).unwrap();
        assert_eq!(read(&folder.path().join("rows")).unwrap(), rows);
    }
}

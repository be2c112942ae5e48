//! Bytes that wait in the kernel for clients to read them.

use std::{fs, io};

/// Returns the bytes in all send queues of connections to a port of this machine, of closed ones too, which no process
/// has any more ([proc_net_tcp(5)](https://docs.kernel.org/networking/proc_net_tcp.html)).
///
/// # Errors
/// Where the system does not say.
pub fn waiting_bytes(port: u16) -> io::Result<u64> {
    let tables = ["/proc/net/tcp", "/proc/net/tcp6"].into_iter().map(fs::read_to_string);
    Ok(tables.collect::<io::Result<Vec<_>>>()?.iter().map(|table| sum(table, port)).sum())
}

/// Returns the kernel's memory for all of TCP in this network namespace, in bytes: what waits, and what it is kept in.
///
/// # Errors
/// Where the system does not say.
pub fn tcp_memory_bytes() -> io::Result<u64> {
    let sockstat = fs::read_to_string("/proc/net/sockstat")?;
    let tcp = sockstat.lines().find_map(|line| line.strip_prefix("TCP:")).unwrap_or_default();
    let pages = tcp.split_whitespace().skip_while(|word| *word != "mem").nth(1).and_then(|pages| pages.parse().ok());
    Ok(pages.unwrap_or(0) * rustix::param::page_size() as u64)
}

fn sum(table: &str, port: u16) -> u64 {
    let local = format!(":{port:04X}");
    let queues = table.lines().filter_map(|line| {
        let mut fields = line.split_whitespace().skip(1);
        let is_of_port = fields.next()?.ends_with(&local);
        // The remote address and the state, where a listener's numbers are of connections.
        let state = fields.nth(1)?;
        let (send, _) = fields.next()?.split_once(':')?;
        (is_of_port && state != LISTEN).then(|| u64::from_str_radix(send, 16).ok())?
    });
    queues.sum()
}

const LISTEN: &str = "0A";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_the_queues_of_one_port() {
        let table = "\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000005:00000000 00:00000000 00000000     0        0 1 1 0 100 0 0 10 0
   1: 0100007F:1F90 0200007F:8235 01 00000010:00000000 00:00000000 00000000     0        0 2 1 0 20 4 30 10 -1
   2: 0100007F:1F90 0200007F:8237 04 00000100:00000000 00:00000000 00000000     0        0 0 1 0 20 4 30 10 -1
   3: 0200007F:8235 0100007F:1F90 01 00001000:00000000 00:00000000 00000000     0        0 3 1 0 20 4 30 10 -1
";
        assert_eq!(sum(table, 8080), 0x110);
        assert_eq!(sum(table, 80), 0);
    }

    #[test]
    fn counts_what_nobody_reads() {
        use std::io::Write;
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let _reader = std::net::TcpStream::connect(address).unwrap();
        let (mut writer, _) = listener.accept().unwrap();
        writer.set_nonblocking(true).unwrap();
        while writer.write(&[0; 4096]).is_ok() {}
        assert!(waiting_bytes(address.port()).unwrap() > 4096);
        assert!(tcp_memory_bytes().unwrap() > 4096);
    }
}

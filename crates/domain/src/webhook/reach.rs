//! Which addresses we call for a tenant: public ones, and those that the operator lets us.
//!
//! A tenant names an address and we call it from inside the operator's network: without this rule a webhook would be a
//! way to knock at every door behind the firewall.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// A text that is no network.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("is not a network such as 10.1.0.0/16 or fd00::/8")]
pub struct NotANetwork;

/// A range of addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    base: IpAddr,
    prefix: u8,
}

impl Network {
    /// Whether an address lies in it.
    pub fn holds(&self, address: IpAddr) -> bool {
        match (self.base, address) {
            (IpAddr::V4(base), IpAddr::V4(address)) => {
                let shift = 32 - u32::from(self.prefix);
                u32::from(base).checked_shr(shift) == u32::from(address).checked_shr(shift)
            }
            (IpAddr::V6(base), IpAddr::V6(address)) => {
                let shift = 128 - u32::from(self.prefix);
                u128::from(base).checked_shr(shift) == u128::from(address).checked_shr(shift)
            }
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
        }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.base, self.prefix)
    }
}

impl FromStr for Network {
    type Err = NotANetwork;

    /// Reads `address/prefix`; an address alone is the network of itself.
    fn from_str(text: &str) -> Result<Self, NotANetwork> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let base: IpAddr = address.parse().map_err(|_quoted| NotANetwork)?;
        let most = if base.is_ipv4() { 32 } else { 128 };
        let prefix = match prefix {
            Some(prefix) => prefix.parse().map_err(|_quoted| NotANetwork)?,
            None => most,
        };
        if prefix <= most { Ok(Self { base, prefix }) } else { Err(NotANetwork) }
    }
}

/// The addresses that may be called.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reach {
    /// Networks that the operator lets us call though they are not public.
    pub allowed: Vec<Network>,
}

impl Reach {
    /// Whether an address may be called.
    pub fn permits(&self, address: IpAddr) -> bool {
        let meant = unwrapped(address);
        public(meant) || self.allowed.iter().any(|network| network.holds(meant))
    }
}

/// The address that is reached in the end: some IPv6 addresses only wrap one of IPv4.
fn unwrapped(address: IpAddr) -> IpAddr {
    let IpAddr::V6(six) = address else { return address };
    if let Some(four) = six.to_ipv4_mapped() {
        return four.into();
    }
    let four =
        |high: u16, low: u16| IpAddr::V4(Ipv4Addr::from((u32::from(high) << 16) | u32::from(low)));
    match six.segments() {
        // Translated by the network (RFC 6052), tunnelled (6to4), or written the old way.
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => four(high, low),
        [0, 0, 0, 0, 0, 0, high, low] if high != 0 => four(high, low),
        _ => address,
    }
}

fn public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(four) => public_v4(four),
        IpAddr::V6(six) => public_v6(six),
    }
}

fn public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let special = match a {
        // "This network", loopback; multicast and beyond.
        0 | 10 | 127 | 224..=255 => true,
        // Shared by carriers; a cloud keeps its metadata there too.
        100 => (64..128).contains(&b),
        // Link-local, where most clouds keep their metadata.
        169 => b == 254,
        172 => (16..32).contains(&b),
        // Assigned to protocols (another cloud's metadata), to documentation, relays, and private.
        192 => matches!((b, c), (0, 0 | 2) | (88, 99) | (168, _)),
        // Benchmarks; documentation.
        198 => matches!(b, 18 | 19) || (b, c) == (51, 100),
        203 => (b, c) == (0, 113),
        _ => false,
    };
    !special
}

fn public_v6(address: Ipv6Addr) -> bool {
    let [first, second, ..] = address.segments();
    // Only 2000::/3 is given out to the public; in it lie tunnels and documentation.
    let given_out = first & 0xe000 == 0x2000;
    let special = first == 0x2001 && (second < 0x0200 || second == 0x0db8) || first == 0x3fff;
    given_out && !special
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn what_is_not_public_is_not_called() {
        let reach = Reach::default();
        for inside in [
            "0.0.0.0",
            "10.0.0.1",
            "10.255.255.255",
            "100.64.0.1",
            "100.100.100.200",
            "127.0.0.1",
            "127.8.8.8",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.192",
            "192.0.2.1",
            "192.168.0.1",
            "198.18.0.1",
            "198.51.100.7",
            "203.0.113.9",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "fe80::1",
            "fc00::1",
            "fd00:ec2::254",
            "fec0::1",
            "ff02::1",
            "2001:db8::1",
            "2001::1",
            "100::1",
            "::ffff:127.0.0.1",
            "::ffff:169.254.169.254",
            "64:ff9b::a00:1",
            "2002:7f00:1::1",
            "::10.0.0.1",
            "64:ff9b:1::1",
        ] {
            assert!(!reach.permits(ip(inside)), "{inside}");
        }
        for outside in [
            "1.1.1.1",
            "8.8.8.8",
            "100.63.0.1",
            "100.128.0.1",
            "169.253.0.1",
            "172.15.0.1",
            "172.32.0.1",
            "192.0.1.1",
            "192.167.0.1",
            "198.20.0.1",
            "223.255.255.1",
            "2606:4700::1111",
            "2a00:1450::1",
            "::ffff:8.8.8.8",
            "64:ff9b::808:808",
        ] {
            assert!(reach.permits(ip(outside)), "{outside}");
        }
    }

    #[test]
    fn the_operator_opens_networks_and_no_more_than_those() {
        let allowed = ["10.1.0.0/16", "127.0.0.1", "fd00::/8"];
        let allowed = allowed.iter().map(|text| text.parse().unwrap()).collect();
        let reach = Reach { allowed };
        for open in ["10.1.2.3", "127.0.0.1", "::ffff:127.0.0.1", "fd12::1"] {
            assert!(reach.permits(ip(open)), "{open}");
        }
        for shut in ["10.2.0.1", "127.0.0.2", "fc00::1", "169.254.169.254"] {
            assert!(!reach.permits(ip(shut)), "{shut}");
        }
    }

    #[test]
    fn a_network_is_read_as_people_write_it() {
        let all: Network = "0.0.0.0/0".parse().unwrap();
        assert!(all.holds(ip("203.0.113.9")) && !all.holds(ip("::1")));
        for odd in ["", "10.0.0.0/33", "10.0.0/8", "::/129", "10.0.0.0/", "a/8", "10.0.0.0/-1"] {
            assert!(odd.parse::<Network>().is_err(), "{odd}");
        }
    }
}

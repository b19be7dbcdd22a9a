//! The names and words of the demo: who is in it, and what a person may try.

use std::net::SocketAddr;

use super::stage::Neighbour;

/// Where the service listens by itself.
pub(crate) const PORT: u16 = 3050;

pub(crate) const TENANT: &str = "9350e2fc-a1dd-4c65-8d40-1f75a2e00100";

/// The key of the demo's tenant. It opens nothing else.
pub(crate) const API_KEY: &str = "7d5a1c0e-5b7e-4b0a-9f6e-2f0c8f1d2a33";

/// The password of everybody in `deploy/demo/access.toml`.
const PASSWORD: &str = "demo";

/// Takes both kinds of callback, on weekdays from nine to five in New York.
pub(crate) const SALES: &str = "CB_Sales";

/// Is always open.
pub(crate) const SUPPORT: &str = "CB_Support";

/// What a person sees when everything runs.
pub(crate) fn welcome(address: SocketAddr, neighbours: &[Neighbour], data: &str) -> String {
    let base = format!("http://{address}/engagement/v3/callbacks");
    let key = format!("curl -s -H 'x-api-key: {API_KEY}'");
    let json = format!("{key} -H 'content-type: application/json'");
    let mut text = format!(
        "\nThe service listens on http://{address}\n\
         \x20 for people     http://{address}/ges/ (administrator, supervisor, developer or monitor; \
         password {PASSWORD})\n\
         \x20 documentation  http://{address}/docs\n\
         \x20 tenant         {TENANT}\n\
         \x20 API key        {API_KEY}\n\
         \x20 data and logs  {data}\n"
    );
    for Neighbour { name, url } in neighbours {
        text = format!("{text}  {name:<14} {url}/_sim/ (pretended)\n");
    }
    format!(
        "{text}\nTry, in another terminal:\n\n\
         {key} '{base}/open-for/{SALES}'\n\n\
         {key} '{base}/availability/{SALES}?numberOfDays=4&maxTimeSlots=5'\n\n\
         {json} {base}/create -d '{{\"serviceName\":\"{SUPPORT}\",\"phoneNumber\":\"+14155550123\"}}'\n\n\
         {json} {base}/retrieve -d '{{\"id\":\"the id from the answer above\"}}'\n\n\
         Ctrl-C ends everything.\n"
    )
}

//! Every address, one file per resource.

pub(crate) mod call_in;
pub(crate) mod callbacks;
pub(crate) mod called_in;
pub(crate) mod captcha;
pub(crate) mod create;
pub(crate) mod notification;
pub(crate) mod offers;
pub(crate) mod queues;
pub(crate) mod search;
pub(crate) mod sessions;
pub(crate) mod settings;
pub(crate) mod statistics;
pub(crate) mod system;
pub(crate) mod watermark;

use actix_web::web::ServiceConfig;

use crate::{Surface, Web, desk};

pub(crate) fn open(cfg: &mut ServiceConfig, web: &Web, surface: Surface) {
    create::open(cfg, web);
    callbacks::open(cfg, web);
    search::open(cfg, web);
    call_in::open_public(cfg, web);
    offers::open(cfg, web);
    queues::open(cfg, web);
    statistics::open(cfg, web);
    notification::open(cfg, web);
    captcha::open(cfg, web);
    match surface {
        Surface::Public => {}
        Surface::Everything => {
            sessions::open(cfg, web);
            called_in::open(cfg, web);
            call_in::open_internal(cfg, web);
            watermark::open(cfg, web);
            settings::open(cfg, web);
            system::open(cfg, web);
            desk::open(cfg, web);
        }
    }
}

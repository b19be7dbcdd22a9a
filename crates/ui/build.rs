//! Says when the embedded files are stale: apart, because only Cargo asks.

#[expect(
    clippy::disallowed_methods,
    reason = "Cargo speaks to build scripts through the environment, and to nobody else"
)]
fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    // A development build reads the files at run time and has nothing to rebuild.
    if std::env::var("PROFILE").is_ok_and(|profile| profile == "release") {
        println!("cargo:rerun-if-changed=app/dist");
    }
}

//! Encryption toward the database: rustls with ring, the system's authorities and those of a file.

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, SignatureScheme};
use rustls_platform_verifier::Verifier;
use tokio_postgres::config::SslMode;
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::config::{Tls, Verify};
use crate::session::OpenError;

/// What connects with encryption where the URL's mode asks for it.
pub(crate) fn connector(tls: &Tls, mode: SslMode) -> Result<MakeRustlsConnect, OpenError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| OpenError::Tls(error.into()))?
        .dangerous();
    // `prefer` lets anyone in between turn encryption off, so checking who it is would protect nobody; it would only
    // lock out the many servers that bear a certificate of their own making.
    let proven = mode == SslMode::Require && tls.verify == Verify::Full;
    let builder = if proven {
        let verifier = Verifier::new_with_extra_roots(authorities(tls)?, provider)
            .map_err(|error| OpenError::Tls(error.into()))?;
        builder.with_custom_certificate_verifier(Arc::new(verifier))
    } else {
        builder.with_custom_certificate_verifier(Arc::new(Anyone(provider)))
    };
    Ok(MakeRustlsConnect::new(builder.with_no_client_auth()))
}

fn authorities(tls: &Tls) -> Result<Vec<CertificateDer<'static>>, OpenError> {
    let Some(file) = &tls.ca_file else { return Ok(Vec::new()) };
    let unreadable = |source| OpenError::Authorities { file: file.clone(), source };
    let found: Result<Vec<_>, _> =
        CertificateDer::pem_file_iter(file).map_err(unreadable)?.collect();
    let found = found.map_err(unreadable)?;
    if found.is_empty() {
        return Err(unreadable(rustls::pki_types::pem::Error::NoItemsFound));
    }
    Ok(found)
}

/// Takes any server for what it says it is; its signatures must still hold.
#[derive(Debug)]
struct Anyone(Arc<CryptoProvider>);

impl ServerCertVerifier for Anyone {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

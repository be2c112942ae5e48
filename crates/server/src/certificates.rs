//! Files with certificates.

use std::path::Path;

use rustls::pki_types::{CertificateDer, pem::PemObject};

use crate::start::StartError;

/// Reads the certificates of a PEM file, at least one.
///
/// # Errors
/// [`StartError::ReadFile`], [`StartError::NoCertificates`].
pub(crate) fn read(path: &Path) -> Result<Vec<CertificateDer<'static>>, StartError> {
    let none = || StartError::NoCertificates { path: path.to_owned() };
    let pem = std::fs::read(path).map_err(|source| StartError::ReadFile { path: path.to_owned(), source })?;
    let found: Vec<_> = CertificateDer::pem_slice_iter(&pem).collect::<Result<_, _>>().map_err(|_| none())?;
    if found.is_empty() { Err(none()) } else { Ok(found) }
}

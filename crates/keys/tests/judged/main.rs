//! Keys, requests, certificates and kubeconfigs before the programs that judge them: openssl and kubectl.

mod checks_issued_certificates;
mod judged_by_openssl;
mod kubeconfigs_load_in_kubectl;
mod refuses_bad_requests;
mod tells_what_was_pasted;
mod workshop;

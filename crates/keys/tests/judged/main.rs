//! Keys, requests, certificates and kubeconfigs before the programs that judge them: openssl and kubectl.

mod checks_issued_certificates;
mod classifies_pasted_text;
mod fixture;
mod judged_by_openssl;
mod kubeconfigs_load_in_kubectl;
mod lines_run_in_every_shell;
mod refuses_bad_requests;

//! The journeys of an enrollment, one file each, in real browsers against a real Kubernetes.

mod a_broken_room_can_be_made_again;
mod a_certificate_for_another_key_is_refused;
mod a_click_becomes_a_kubeconfig;
mod a_key_in_the_making_can_be_given_up;
mod a_no_is_shown_with_its_reason;
mod a_passphrase_locks_the_key;
mod a_request_can_be_carried_by_hand;
mod an_enrollment_waits_for_its_person;
mod any_path_and_plain_http_will_do;
mod every_kind_of_key_is_accepted_by_the_api_server;
mod every_state_can_be_seen;
mod hostile_texts_stay_texts;
mod kubectl_proxy_carries_the_whole_journey;
mod lines_to_copy_run_as_they_stand;
mod nothing_is_lost_while_waiting;
mod one_click_is_one_request;
mod one_tab_asks_for_all;
mod other_sites_cannot_use_the_page;
mod several_enrollments_are_listed;
mod the_clusters_clock_is_the_clock;
mod the_private_key_never_leaves;
mod the_rooms_walls_hold;
mod the_server_has_no_right_too_many;
mod where_nothing_is_kept;
mod whole;

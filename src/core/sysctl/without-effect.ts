/**
 * The switches of Linux that nothing here asks for, as `sysctl -a` lists them in a namespace with IPv4 and IPv6 (6.1). They are
 * taken, so that a machine's own sysctl.conf can be used as it is, and said to have no effect; a name that is in no list
 * is refused as the kernel refuses it. A switch that gets an effect moves to the table of those that have one.
 */

/** net.ipv4. */
const IPV4 = `
cipso_cache_bucket_size cipso_cache_enable cipso_rbm_optfmt cipso_rbm_strictvalid fib_multipath_hash_fields
fib_multipath_hash_policy fib_multipath_use_neigh fib_notify_on_flag_change fib_sync_mem fwmark_reflect
icmp_echo_enable_probe icmp_echo_ignore_broadcasts icmp_errors_use_inbound_ifaddr
icmp_ignore_bogus_error_responses igmp_link_local_mcast_reports igmp_max_memberships igmp_max_msf igmp_qrv
ip_autobind_reuse ip_dynaddr ip_early_demux ip_forward_update_priority ip_forward_use_pmtu ip_local_port_range
ip_local_reserved_ports ip_no_pmtu_disc ip_nonlocal_bind ipfrag_secret_interval
nexthop_compat_mode ping_group_range raw_l3mdev_accept route.error_burst route.error_cost route.flush
route.gc_elasticity route.gc_interval route.gc_min_interval route.gc_min_interval_ms route.gc_thresh
route.gc_timeout route.max_size route.min_adv_mss route.redirect_load route.redirect_number
route.redirect_silence tcp_abort_on_overflow tcp_adv_win_scale tcp_allowed_congestion_control tcp_app_win
tcp_autocorking tcp_available_congestion_control tcp_available_ulp tcp_base_mss tcp_challenge_ack_limit
tcp_child_ehash_entries tcp_comp_sack_delay_ns tcp_comp_sack_nr tcp_comp_sack_slack_ns tcp_congestion_control
tcp_dsack tcp_early_demux tcp_early_retrans tcp_ecn tcp_ecn_fallback tcp_ehash_entries tcp_fack tcp_fastopen
tcp_fastopen_blackhole_timeout_sec tcp_fastopen_key tcp_fin_timeout tcp_frto tcp_fwmark_accept
tcp_invalid_ratelimit tcp_keepalive_intvl tcp_keepalive_probes tcp_keepalive_time tcp_l3mdev_accept
tcp_limit_output_bytes tcp_low_latency tcp_max_orphans tcp_max_reordering tcp_max_syn_backlog tcp_max_tw_buckets
tcp_mem tcp_migrate_req tcp_min_rtt_wlen tcp_min_snd_mss tcp_min_tso_segs tcp_moderate_rcvbuf
tcp_mtu_probe_floor tcp_mtu_probing tcp_no_metrics_save tcp_no_ssthresh_metrics_save tcp_notsent_lowat
tcp_orphan_retries tcp_pacing_ca_ratio tcp_pacing_ss_ratio tcp_probe_interval tcp_probe_threshold tcp_recovery
tcp_reflect_tos tcp_reordering tcp_retrans_collapse tcp_retries1 tcp_retries2 tcp_rfc1337 tcp_rmem tcp_sack
tcp_shrink_window tcp_slow_start_after_idle tcp_stdurg tcp_syn_retries tcp_synack_retries tcp_syncookies
tcp_thin_linear_timeouts tcp_timestamps tcp_tso_rtt_log tcp_tso_win_divisor tcp_tw_reuse tcp_window_scaling
tcp_wmem tcp_workaround_signed_windows udp_early_demux udp_l3mdev_accept udp_mem udp_rmem_min udp_wmem_min
xfrm4_gc_thresh
`;
/** net.ipv4.conf.NAME. */
const IPV4_INTERFACE = `
accept_redirects accept_source_route arp_accept arp_evict_nocarrier arp_filter arp_notify bc_forwarding
bootp_relay disable_policy disable_xfrm drop_gratuitous_arp drop_unicast_in_l2_multicast force_igmp_version
igmpv2_unsolicited_report_interval igmpv3_unsolicited_report_interval ignore_routes_with_linkdown log_martians
mc_forwarding medium_id promote_secondaries proxy_arp proxy_arp_pvlan route_localnet secure_redirects
shared_media src_valid_mark tag
`;
/** net.ipv4.neigh.NAME. */
const IPV4_NEIGHBORS = `
anycast_delay app_solicit base_reachable_time base_reachable_time_ms delay_first_probe_time
interval_probe_time_ms locktime mcast_resolicit mcast_solicit proxy_delay proxy_qlen retrans_time
retrans_time_ms ucast_solicit unres_qlen unres_qlen_bytes
`;
/** net.ipv6. */
const IPV6 = `
anycast_src_echo_reply auto_flowlabels bindv6only calipso_cache_bucket_size calipso_cache_enable
fib_multipath_hash_fields fib_multipath_hash_policy fib_notify_on_flag_change flowlabel_consistency
flowlabel_reflect flowlabel_state_ranges fwmark_reflect icmp.echo_ignore_anycast
icmp.echo_ignore_multicast icmp.ratemask idgen_delay idgen_retries ioam6_id ioam6_id_wide
ip6frag_low_thresh ip6frag_secret_interval ip_nonlocal_bind max_dst_opts_length
max_dst_opts_number max_hbh_length max_hbh_opts_number mld_max_msf mld_qrv route.flush route.gc_elasticity
route.gc_interval route.gc_min_interval route.gc_min_interval_ms route.gc_thresh route.gc_timeout route.max_size
route.min_adv_mss route.mtu_expires route.skip_notify_on_dev_down seg6_flowlabel xfrm6_gc_thresh
`;
/** net.ipv6.conf.NAME. */
const IPV6_INTERFACE = `
accept_dad accept_ra accept_ra_defrtr accept_ra_from_local accept_ra_min_hop_limit accept_ra_min_lft
accept_ra_mtu accept_ra_pinfo accept_ra_rt_info_max_plen accept_ra_rt_info_min_plen accept_ra_rtr_pref
accept_redirects accept_source_route accept_untracked_na addr_gen_mode autoconf dad_transmits disable_ipv6
disable_policy drop_unicast_in_l2_multicast drop_unsolicited_na enhanced_dad force_mld_version force_tllao
ignore_routes_with_linkdown ioam6_enabled ioam6_id ioam6_id_wide keep_addr_on_down
max_addresses max_desync_factor mldv1_unsolicited_report_interval mldv2_unsolicited_report_interval mtu
ndisc_evict_nocarrier ndisc_notify ndisc_tclass proxy_ndp ra_defrtr_metric regen_max_retry router_probe_interval
router_solicitation_delay router_solicitation_interval router_solicitation_max_interval router_solicitations
rpl_seg_enabled seg6_enabled stable_secret suppress_frag_ndisc temp_prefered_lft temp_valid_lft
use_oif_addrs_only use_tempaddr
`;
/** net.ipv6.neigh.NAME. */
const IPV6_NEIGHBORS = `
anycast_delay app_solicit base_reachable_time base_reachable_time_ms delay_first_probe_time gc_interval
interval_probe_time_ms locktime mcast_resolicit mcast_solicit
proxy_delay proxy_qlen retrans_time retrans_time_ms ucast_solicit unres_qlen unres_qlen_bytes
`;

const listed = (prefix: string, names: string): string[] =>
  names
    .trim()
    .split(/\s+/)
    .map((name) => `${prefix}${name}`);

/** Names with `*` in place of an interface's. */
const NAMES: ReadonlySet<string> = new Set([
  ...listed("net.ipv4.", IPV4),
  ...listed("net.ipv4.conf.*.", IPV4_INTERFACE),
  ...listed("net.ipv4.neigh.*.", IPV4_NEIGHBORS),
  ...listed("net.ipv6.", IPV6),
  ...listed("net.ipv6.conf.*.", IPV6_INTERFACE),
  ...listed("net.ipv6.neigh.*.", IPV6_NEIGHBORS),
]);

/** What is not about the Internet protocols is nothing to a director, whatever there is of it. */
const ELSEWHERE = /^(abi|debug|dev|fs|kernel|user|vm|net\.(bridge|core|mptcp|netfilter|nf_conntrack_max|unix))(\.|$)/;

/** Whether Linux has such a switch, and nothing here asks for it. `name` has `*` in place of an interface's. */
export const isWithoutEffect = (name: string): boolean => NAMES.has(name) || ELSEWHERE.test(name);

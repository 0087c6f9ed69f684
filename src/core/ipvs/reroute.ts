/** A packet whose source became another must be routed anew (ip_vs_core.c: ip_vs_route_me_harder). */
export const REROUTE = -2;

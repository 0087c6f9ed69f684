/** GUE, a header between UDP and the packet inside (draft-ietf-intarea-gue): its port by IANA, and its bytes without options. */
export const GUE_PORT = 6080;
export const GUE_HEADER = 4;

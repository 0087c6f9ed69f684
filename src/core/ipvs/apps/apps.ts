/** The application helpers by the kernel module that brings each. */
import type { App } from "./app.ts";
import { ftp } from "./ftp.ts";

export const APPS: Readonly<Record<string, App>> = {
  ip_vs_ftp: ftp,
};

#!/usr/bin/env node
/** Stands in for ipvsadm, ipvsadm-save and ipvsadm-restore under whatever name it is linked as. */
import { basename } from "node:path";
import { runIpvsadmClient } from "../io/control/ipvsadm-client.ts";

const name = basename(process.argv[1] ?? "ipvsadm").replace(/\.js$/, "");
void runIpvsadmClient(name === "tapvs-ipvsadm" ? "ipvsadm" : name, process.argv.slice(2)).then((code) => {
  process.exitCode = code;
});

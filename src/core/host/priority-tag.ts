/**
 * A tag with VLAN id 0 names no VLAN, it only carries a priority (IEEE 802.1Q, clause 6.9): the frame is the port's own.
 * Mirrors net/core/dev.c: __netif_receive_skb_core, and skb_vlan_untag of net/core/skbuff.c.
 */
import { ACCEPT, DROP, type Verdict } from "../trace/verdict.ts";
import { ETHERNET_HEADER, ETHERNET_TYPE, ETHERTYPE_VLAN, isVlanType, VLAN_ID, VLAN_TAG } from "../wire/ethernet.ts";
import type { Frame } from "../wire/frame.ts";
import type { Director } from "./director.ts";

/**
 * Takes priority tags off, one or many; ACCEPT, or why the frame is dropped. It leaves without them.
 * @ipvs #Y director "802.1Q and 802.1ad tags with VLAN id 0 are taken off, ARP too; frames of a VLAN are dropped"
 */
export function takePriorityTags(director: Director, frame: Frame): Verdict {
  let type = frame.view.getUint16(frame.start + ETHERNET_TYPE);
  while (isVlanType(type)) {
    // The tag, and the type of what follows it.
    if (frame.length < ETHERNET_HEADER + VLAN_TAG + 2) return DROP.frameTooShort;
    if ((frame.view.getUint16(frame.start + ETHERNET_HEADER) & VLAN_ID) !== 0) return DROP.vlanTagged;
    frame.bytes.copyWithin(frame.start + VLAN_TAG, frame.start, frame.start + ETHERNET_TYPE);
    frame.start += VLAN_TAG;
    if (frame.checksumStart !== 0) frame.checksumStart -= VLAN_TAG;
    const standard = type === ETHERTYPE_VLAN ? "(802.1Q)" : "(802.1ad)";
    director.trace?.add({ kind: "rewritten", what: "priority tag", before: standard, after: "" });
    type = frame.view.getUint16(frame.start + ETHERNET_TYPE);
  }
  return ACCEPT;
}

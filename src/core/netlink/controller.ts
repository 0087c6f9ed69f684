/** nlctrl, the family that tells the numbers of families by their names (net/netlink/genetlink.c). */
import { type Policy, readAttributes, textOf, U16 } from "./attributes.ts";
import { EINVAL, ENOENT, EOPNOTSUPP, type Errno } from "./errno.ts";
import { FAMILY_NAME, FAMILY_VERSION, LAST_ATTRIBUTE, type Outcome, operations } from "./family.ts";
import { asksForDump, attributeBytes, commandOf, type Message, type Reply } from "./messages.ts";

/** GENL_ID_CTRL. */
export const CONTROLLER = 16;

const GETFAMILY = 3;
const NEWFAMILY = 1;
/** The controller's own. */
const VERSION = 2;

/** CTRL_ATTR_*. */
const FAMILY_ID = 1;
const NAME = 2;
const ITS_VERSION = 3;
const HDRSIZE = 4;
const MAXATTR = 5;
const OPS = 6;
const OP_ID = 1;
const OP_FLAGS = 2;
/** GENL_NAMSIZ without the 0. */
const LONGEST_NAME = 15;

const POLICY: Policy = { [FAMILY_ID]: U16, [NAME]: textOf(LONGEST_NAME) };

/** Whether a request asks the controller for this family: by name, by number, or with all others. */
export function asksForFamily(message: Message, family: number): boolean {
  if (message.type !== CONTROLLER || commandOf(message) !== GETFAMILY) return false;
  const attributes = readAttributes(attributeBytes(message), POLICY);
  if (asksForDump(message) || typeof attributes === "number") return true;
  const name = attributes.text(NAME);
  return name === undefined ? attributes.u16(FAMILY_ID) === family : name === FAMILY_NAME;
}

/** Knows of one family, whose number is `family`. */
export function runControllerRequest(message: Message, family: number): Outcome {
  const refused = (errno: Errno): Outcome => ({ kind: "refused", errno });
  const command = commandOf(message);
  if (command === undefined) return refused(EINVAL);
  if (command !== GETFAMILY) return refused(EOPNOTSUPP);
  if (asksForDump(message)) return { kind: "dump", answers: [familyReply(family)] };
  const attributes = readAttributes(attributeBytes(message), POLICY);
  if (typeof attributes === "number") return refused(attributes);
  const [id, name] = [attributes.u16(FAMILY_ID), attributes.text(NAME)];
  if (id === undefined && name === undefined) return refused(EINVAL);
  // Where both are given, the name decides.
  const known = name === undefined ? id === family : name === FAMILY_NAME;
  return known ? { kind: "done", answers: [familyReply(family)] } : refused(ENOENT);
}

const familyReply = (family: number): Reply => ({
  command: NEWFAMILY,
  version: VERSION,
  write: (writer) => {
    writer.text(NAME, FAMILY_NAME);
    writer.u16(FAMILY_ID, family);
    writer.u32(ITS_VERSION, FAMILY_VERSION);
    writer.u32(HDRSIZE, 0);
    writer.u32(MAXATTR, LAST_ATTRIBUTE);
    writer.nested(OPS, () => {
      for (const [index, { command, flags }] of operations().entries()) {
        writer.nested(index + 1, () => {
          writer.u32(OP_ID, command);
          writer.u32(OP_FLAGS, flags);
        });
      }
    });
  },
});

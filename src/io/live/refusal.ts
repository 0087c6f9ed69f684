/** What was asked of the director cannot be done. `message` is for people. */
export class Refusal extends Error {
  override readonly name = "Refusal";
}

/** Who does or writes something: an agent in the name of an entity,. */
export interface Author {
  entity: string;
  agentId: string;
  name: string;
}

import pg from "pg";

/**
 * All that makes a database's schema what it is: tables and columns, constraints, indexes, functions, policies, comments and
 * who may do what. Two databases with the same description behave the same.
 *
 * @param url of an administrator
 */
export async function describeSchema(url: string): Promise<string[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<{ line: string }>(`
      with tables as (
        select c.oid, c.relname, c.relrowsecurity, c.relforcerowsecurity, c.relacl, c.relowner from pg_class c
        where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and c.relname not like 'kysely%'
      )
      select concat_ws(' ', 'table', relname, 'rls', relrowsecurity, relforcerowsecurity, relowner::regrole, relacl::text) as line from tables
      union all select concat_ws(' ', 'column', relname, attname, format_type(atttypid, atttypmod), case when attnotnull then 'not null' end,
        attidentity, pg_get_expr(adbin, adrelid), col_description(t.oid, attnum), attcollation::regcollation::text)
        from tables t join pg_attribute a on a.attrelid = t.oid and attnum > 0 and not attisdropped left join pg_attrdef on adrelid = t.oid and adnum = attnum
      union all select concat_ws(' ', 'constraint', relname, conname, pg_get_constraintdef(k.oid)) from tables t join pg_constraint k on k.conrelid = t.oid
      union all select concat_ws(' ', 'index', pg_get_indexdef(indexrelid)) from tables t join pg_index on indrelid = t.oid
      union all select concat_ws(' ', 'policy', tablename, policyname, permissive, roles::text, cmd, qual, with_check) from pg_policies where schemaname = 'public'
      union all select concat_ws(' ', 'comment', relname, obj_description(t.oid, 'pg_class')) from tables t
      union all select concat_ws(' ', 'function', pg_get_functiondef(oid), proacl::text) from pg_proc where pronamespace = 'public'::regnamespace
      order by line`);
    return rows.map(({ line }) => line);
  } finally {
    await client.end();
  }
}

import schemathesis, asyncio
from hypothesis import settings, HealthCheck
from tests.oversight.scene import Scene
async def test_it(oversight):
    scene = await Scene(oversight).told()
    row = await scene.ordered()
    app = oversight.app
    import anyio
    toks=[scene.bureau, scene.supervisor, scene.agency]
    import httpx2
    doc = (await oversight.get("/oversight/openapi.json")).json()
    schema = schemathesis.openapi.from_dict(doc)
    print(len(list(schema.get_all_operations())))
    from tests.servers import listening
    async with listening(app) as url:
        import subprocess, sys
        open("/tmp/ov_openapi.json","w").write(__import__("json").dumps(doc))
        for tok in toks:
            p = await asyncio.create_subprocess_exec("/tmp/try/e/bin/schemathesis","run",url+"/oversight/openapi.json","--header",f"Authorization: Bearer {tok}","--exclude-path-regex","events|tickets|docs|clock|metrics","--checks","not_a_server_error,response_schema_conformance,status_code_conformance,content_type_conformance","--max-examples","15","--phases","examples,fuzzing","--seed","1",stdout=subprocess.PIPE,stderr=subprocess.STDOUT)
            out,_=await p.communicate()
            print(out.decode()[-3500:])

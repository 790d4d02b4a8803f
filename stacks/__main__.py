from trackstack.stacks.program import deploy

deploy()

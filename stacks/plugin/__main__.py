from trackstack.stacks.plugin import main

main()

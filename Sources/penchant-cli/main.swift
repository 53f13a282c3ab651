print("penchant")
